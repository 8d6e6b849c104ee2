// SPDX-License-Identifier: MIT
#include "fetcher/resolver.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/unique_fd.h"
#include "web/address_guard.h"

namespace crawl {

namespace {

constexpr size_t kHostsFileBytesMax = 8u << 20;
constexpr size_t kAddressesMax = 16;   // per name; nobody needs more to be reached
constexpr size_t kNameBytesMax = 253;  // RFC 1035 §2.3.4, as text

// Lower case, without the root's dot.
std::string normal_name(std::string_view host) {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  std::string name(host);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

// Letters, digits, '-', '_' and '.': what the DNS holds for web hosts, and nothing that has a
// meaning in the places where a name is passed on.
bool is_dns_name(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

std::string problem_text(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "the name does not exist";
    case ARES_ENODATA:
      return "the name has no address";
    case ARES_ESERVFAIL:
      return "the name server failed";
    case ARES_EREFUSED:
      return "the name server refused to answer";
    case ARES_ETIMEOUT:
      return "no name server answered in time";
    case ARES_ECONNREFUSED:
      return "no name server could be reached";
    default:
      return std::string("name resolution failed: ") + ares_strerror(status);
  }
}

// Is there a route to the IPv6 internet, and an address of ours to come from? No packet is sent.
bool has_ipv6_route() {
  const UniqueFd socket(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 somewhere{};
  somewhere.sin6_family = AF_INET6;
  somewhere.sin6_port = htons(53);
  somewhere.sin6_addr.s6_addr[0] = 0x20;  // 2000::1
  somewhere.sin6_addr.s6_addr[15] = 1;
  return socket && ::connect(socket.fd(), reinterpret_cast<const sockaddr*>(&somewhere),
                             sizeof somewhere) == 0;
}

bool is_lasting(int status) { return status == ARES_ENOTFOUND || status == ARES_ENODATA; }

}  // namespace

struct Resolver::Query {
  Resolver* resolver;
  std::string name;
};

Result<std::unique_ptr<Resolver>> Resolver::create(EventLoop& loop, Options options) {
  std::unique_ptr<Resolver> self(new Resolver(loop, std::move(options)));
  if (auto opened = self->open_channel(); !opened) return opened.error();
  self->ipv6_first_ = has_ipv6_route();
  self->read_hosts_file();
  return self;
}

Result<void> Resolver::open_channel() {
  ares_options options{};
  char lookups[] = "b";  // the hosts file is ours to read: c-ares would open it at each query
  options.lookups = lookups;
  options.timeout = options_.try_timeout_ms;
  options.tries = options_.tries;
  options.ndomains = 0;
  options.domains = nullptr;
  options.sock_state_cb = socket_changed;
  options.sock_state_cb_data = this;
  const int mask = ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_DOMAINS |
                   ARES_OPT_SOCK_STATE_CB;
  int status = ares_init_options(&channel_, &options, mask);
  if (status == ARES_SUCCESS && !options_.servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, options_.servers.c_str());
  }
  if (status == ARES_SUCCESS) return {};
  return Error{Errc::kIo, 0, std::string("c-ares: ") + ares_strerror(status)};
}

Resolver::~Resolver() {
  if (channel_ != nullptr) ares_destroy(channel_);  // ends open queries through answered()
  for (const auto& [fd, events] : watched_) loop_.unwatch(fd);
  if (timer_ != 0) loop_.cancel(timer_);
  if (delivery_ != 0) loop_.cancel(delivery_);
}

void Resolver::read_hosts_file() {
  std::ifstream file(options_.hosts_file);
  std::string line;
  size_t bytes = 0;
  while (std::getline(file, line) && (bytes += line.size() + 1) <= kHostsFileBytesMax) {
    line.resize(std::min(line.size(), line.find('#')));
    std::istringstream words(line);
    std::string word;
    if (!(words >> word)) continue;
    const auto address = IpAddress::parse(word);
    if (!address) continue;
    while (words >> word) {
      auto& addresses = hosts_file_[normal_name(word)];
      if (addresses.size() < kAddressesMax) addresses.push_back(*address);
    }
  }
}

std::optional<Resolution> Resolver::known_here(std::string_view host,
                                               const std::string& name) const {
  if (const auto literal = IpAddress::parse(host)) return Resolution{{*literal}, ""};
  if (!is_dns_name(name)) return Resolution{{}, "not a name that the DNS can hold"};
  if (is_localhost(name)) {
    return Resolution{{*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")}, ""};
  }
  if (const auto listed = hosts_file_.find(name); listed != hosts_file_.end()) {
    return Resolution{listed->second, ""};
  }
  return std::nullopt;
}

std::optional<Resolution> Resolver::lookup(std::string_view host) {
  const std::string name = normal_name(host);
  if (auto here = known_here(host, name)) return here;
  const auto cached = cache_.find(name);
  if (cached == cache_.end()) return std::nullopt;
  if (cached->second.expires_ms > loop_.clock().monotonic_ms()) {
    Resolution known = cached->second.resolution;
    if (known.answer == LookupAnswer::kAnswered) known.answer = LookupAnswer::kNotAsked;
    return known;
  }
  forget(name);
  return std::nullopt;
}

void Resolver::forget(const std::string& name) {
  const auto cached = cache_.find(name);
  if (cached == cache_.end()) return;
  cache_order_.erase(cached->second.order);
  cache_.erase(cached);
}

void Resolver::resolve(std::string_view host, Handler handler) {
  resolve(host, std::move(handler), false);
}

void Resolver::resolve_anew(std::string_view host, Handler handler) {
  resolve(host, std::move(handler), true);
}

void Resolver::resolve(std::string_view host, Handler handler, bool anew) {
  std::string name = normal_name(host);
  if (auto known = anew ? known_here(host, name) : lookup(host)) {
    waiting_[name].push_back(std::move(handler));
    finish(name, std::move(*known), 0);
    return;
  }
  auto& handlers = waiting_[name];
  handlers.push_back(std::move(handler));
  if (handlers.size() > 1) return;
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  // c-ares would sort by asking the kernel for a route to each address, with a connect() each.
  hints.ai_flags = ARES_AI_NOSORT;
  auto query = std::make_unique<Query>(Query{this, std::move(name)});
  const char* node = query->name.c_str();
  ares_getaddrinfo(channel_, node, nullptr, &hints, answered, query.release());
  arm_timer();
}

void Resolver::answered(void* query_pointer, int status, int /*timeouts*/, ares_addrinfo* answer) {
  const std::unique_ptr<Query> query(static_cast<Query*>(query_pointer));
  Resolver* self = query->resolver;
  if (status == ARES_EDESTRUCTION) {
    if (answer != nullptr) ares_freeaddrinfo(answer);
    return;
  }
  Resolution resolution;
  resolution.answer = LookupAnswer::kAnswered;
  int64_t ttl_ms = self->options_.ttl_max_ms;
  const ares_addrinfo_node* node = answer != nullptr ? answer->nodes : nullptr;
  for (; node != nullptr && resolution.addresses.size() < kAddressesMax; node = node->ai_next) {
    const auto address = address_of(node->ai_addr, static_cast<size_t>(node->ai_addrlen));
    if (address) resolution.addresses.push_back(*address);
    ttl_ms = std::min<int64_t>(ttl_ms, int64_t{1000} * node->ai_ttl);
  }
  if (answer != nullptr) ares_freeaddrinfo(answer);
  const int first = self->ipv6_first_ ? 6 : 4;
  std::stable_partition(resolution.addresses.begin(), resolution.addresses.end(),
                        [first](const IpAddress& address) { return address.family == first; });
  ttl_ms = std::max(ttl_ms, self->options_.ttl_min_ms);
  if (resolution.addresses.empty()) {
    if (status == ARES_SUCCESS) status = ARES_ENODATA;
    resolution.problem = problem_text(status);
    if (!is_lasting(status)) resolution.answer = LookupAnswer::kSilent;
    ttl_ms = is_lasting(status) ? self->options_.negative_ttl_ms : self->options_.failure_ttl_ms;
  }
  self->finish(query->name, std::move(resolution), ttl_ms);
}

void Resolver::finish(const std::string& name, Resolution resolution, int64_t keep_ms) {
  if (keep_ms > 0) remember(name, resolution, keep_ms);
  const auto waiting = waiting_.find(name);
  if (waiting == waiting_.end()) return;
  for (Handler& handler : waiting->second) deliveries_.emplace_back(std::move(handler), resolution);
  waiting_.erase(waiting);
  if (delivery_ != 0) return;
  // c-ares may answer from within ares_getaddrinfo or ares_process_fd; handlers must not run there.
  delivery_ = loop_.run_after(0, [this] {
    delivery_ = 0;
    auto deliveries = std::exchange(deliveries_, {});
    for (auto& [handler, answer] : deliveries) handler(answer);
  });
}

void Resolver::remember(const std::string& name, const Resolution& resolution, int64_t keep_ms) {
  const auto old = cache_.find(name);
  if (old != cache_.end()) {
    const bool useful = !old->second.resolution.addresses.empty() &&
                        old->second.expires_ms > loop_.clock().monotonic_ms();
    if (useful && resolution.answer == LookupAnswer::kSilent) return;
    forget(name);
  }
  while (!cache_.empty() && cache_.size() >= options_.cache_entries_max) {
    cache_.erase(cache_order_.front());
    cache_order_.pop_front();
  }
  cache_order_.push_back(name);
  const int64_t expires_ms = loop_.clock().monotonic_ms() + keep_ms;
  cache_.emplace(name, Cached{resolution, expires_ms, std::prev(cache_order_.end())});
}

void Resolver::socket_changed(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<Resolver*>(self)->watch(fd, readable != 0, writable != 0);
}

void Resolver::watch(ares_socket_t fd, bool readable, bool writable) {
  loop_.unwatch(fd);
  watched_.erase(fd);
  const uint32_t events =
      (readable ? uint32_t{EPOLLIN} : 0U) | (writable ? uint32_t{EPOLLOUT} : 0U);
  if (events == 0) return;
  auto added = loop_.watch(fd, events, [this, fd](uint32_t ready) {
    const bool error = (ready & (EPOLLERR | EPOLLHUP)) != 0;
    const bool read = error || (ready & EPOLLIN) != 0;
    const bool write = error || (ready & EPOLLOUT) != 0;
    ares_process_fd(channel_, read ? fd : ARES_SOCKET_BAD, write ? fd : ARES_SOCKET_BAD);
    arm_timer();
  });
  if (added) watched_.emplace(fd, events);  // else c-ares' own timeout ends the query
}

void Resolver::arm_timer() {
  if (timer_ != 0) loop_.cancel(timer_);
  timer_ = 0;
  timeval space{};
  const timeval* wait = ares_timeout(channel_, nullptr, &space);
  if (wait == nullptr) return;
  const int64_t wait_ms = int64_t{wait->tv_sec} * 1000 + wait->tv_usec / 1000 + 1;
  timer_ = loop_.run_after(wait_ms, [this] {
    timer_ = 0;
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm_timer();
  });
}

}  // namespace crawl
