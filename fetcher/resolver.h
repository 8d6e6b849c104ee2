// SPDX-License-Identifier: MIT
#pragma once

// Host names to addresses without blocking: c-ares on our EventLoop, with a bounded cache that
// keeps each answer for its TTL. /etc/hosts and /etc/resolv.conf are read once, at birth. Search
// domains are not used: a name on the web is absolute.
//
// Answers are not filtered here; web/address_guard.h decides what may be connected to.

#include <ares.h>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "web/host.h"

namespace crawl {

// Whether a name server answered: it did, if only that there is no such name; it did not; or none
// was asked.
enum class LookupAnswer : uint8_t { kNotAsked, kSilent, kAnswered };

struct Resolution {
  std::vector<IpAddress> addresses;  // best first; empty: failed
  std::string problem = {};          // why, in plain words; "" when there are addresses
  LookupAnswer answer = LookupAnswer::kNotAsked;
};

class Resolver {
 public:
  struct Options {
    std::string hosts_file = "/etc/hosts";
    std::string servers;         // "127.0.0.1:5300": instead of the system's; for tests
    int try_timeout_ms = 2'500;  // first try; doubled by c-ares for later ones
    int tries = 3;
    size_t cache_entries_max = 8'192;
    int64_t ttl_min_ms = 30'000;  // a TTL of 0 must not cost a look-up per page
    int64_t ttl_max_ms = 3'600'000;
    int64_t negative_ttl_ms = 60'000;  // the name does not exist, or has no address
    int64_t failure_ttl_ms = 5'000;    // the name server failed
  };
  using Handler = std::function<void(const Resolution&)>;

  // ares_library_init() must have been called. `loop` must outlive the resolver.
  static Result<std::unique_ptr<Resolver>> create(EventLoop& loop, Options options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `host` is a serialised URL host. Known without asking: literal addresses, localhost and below
  // (RFC 6761 §6.3), /etc/hosts, cached answers. nullopt: ask with resolve().
  std::optional<Resolution> lookup(std::string_view host);

  // The handler is called from the loop, never from within this call. Requests for one name that
  // arrive while it is being resolved share one query.
  void resolve(std::string_view host, Handler handler);
  // The same, as if nothing were cached. A failure leaves alone what is.
  void resolve_anew(std::string_view host, Handler handler);

 private:
  struct Query;
  struct Cached {
    Resolution resolution;
    int64_t expires_ms;
    std::list<std::string>::iterator order;
  };

  // What needs neither a name server nor the cache.
  std::optional<Resolution> known_here(std::string_view host, const std::string& name) const;
  void resolve(std::string_view host, Handler handler, bool anew);
  void forget(const std::string& name);

  Resolver(EventLoop& loop, Options options) : loop_(loop), options_(std::move(options)) {}
  Result<void> open_channel();
  void read_hosts_file();
  static void socket_changed(void* self, ares_socket_t fd, int readable, int writable);
  static void answered(void* query, int status, int timeouts, ares_addrinfo* answer);
  void watch(ares_socket_t fd, bool readable, bool writable);
  void arm_timer();
  void finish(const std::string& name, Resolution resolution, int64_t keep_ms);
  void remember(const std::string& name, const Resolution& resolution, int64_t keep_ms);

  EventLoop& loop_;
  Options options_;
  ares_channel channel_ = nullptr;
  bool ipv6_first_ = false;  // RFC 6724, as far as it matters: the family there is a route for
  EventLoop::TimerId timer_ = 0;
  EventLoop::TimerId delivery_ = 0;
  std::unordered_map<std::string, std::vector<IpAddress>> hosts_file_;
  std::unordered_map<std::string, Cached> cache_;
  std::list<std::string> cache_order_;  // oldest first
  std::unordered_map<std::string, std::vector<Handler>> waiting_;
  std::vector<std::pair<Handler, Resolution>> deliveries_;
  std::unordered_map<ares_socket_t, uint32_t> watched_;
};

}  // namespace crawl
