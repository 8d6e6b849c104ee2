// SPDX-License-Identifier: MIT
#pragma once

// All transfers of a fetcher: resolves, checks addresses, pins them, sends, watches deadlines, and
// hands over what came. Handles and connections are used again.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/event_loop.h"
#include "base/result.h"
#include "fetcher/ca_store.h"
#include "fetcher/multi.h"
#include "fetcher/resolver.h"
#include "fetcher/transfer.h"

namespace crawl {

class TransferPool {
 public:
  using DoneHandler = std::function<void(std::unique_ptr<HttpTransfer>)>;
  using ActivityHandler = std::function<void(uint64_t lease)>;

  // `loop` and `resolver` must outlive the pool. curl_global_init() must have been called.
  static Result<std::unique_ptr<TransferPool>> create(EventLoop& loop, Resolver& resolver,
                                                      CaStore ca, FetchSettings settings);
  ~TransferPool();
  TransferPool(const TransferPool&) = delete;
  TransferPool& operator=(const TransferPool&) = delete;

  // Called from the loop, exactly once per start(), never from within it. Give the transfer back
  // with recycle() when it has been read.
  void on_done(DoneHandler handler) { on_done_ = std::move(handler); }
  // Called before work is done for a job, so that a crash can be blamed on it.
  void on_activity(ActivityHandler handler) { context_.on_activity = std::move(handler); }

  // kExists: a request with this lease is under way.
  Result<void> start(FetchRequest request);
  void recycle(std::unique_ptr<HttpTransfer> transfer);
  size_t active() const { return active_.size(); }
  // The bodies here hold all the memory they may: nothing new should be started. One transfer goes
  // on, or none while bodies that have come whole wait to be given back; the others read no more.
  bool is_full() const { return context_.is_full(); }
  // So long nobody has looked at the sockets: it counts against no transfer.
  void was_away(int64_t ms) { context_.away_ms += ms; }

 private:
  struct Active {
    std::unique_ptr<HttpTransfer> transfer;
    EventLoop::TimerId timer = 0;
    bool in_multi = false;
    std::string pin;  // "host:port", counted in pins_; "" when none
  };

  TransferPool(EventLoop& loop, Resolver& resolver, CaStore ca, FetchSettings settings);

  Result<std::unique_ptr<HttpTransfer>> take_idle();
  void route(uint64_t lease);
  void look_up(uint64_t lease, const std::string& host);
  void resolved(uint64_t lease, const Resolution& resolution);
  void send(Active& active, const std::string& host, uint16_t port,
            const std::vector<IpAddress>& addresses);
  void give_up(uint64_t lease, Outcome outcome, std::string_view detail);
  void give_up_soon(uint64_t lease, Outcome outcome, std::string detail);
  void ended(CURL* easy, CURLcode code);
  void watch_deadline(Active& active);
  void check_deadline(uint64_t lease);
  void deliver(uint64_t lease);
  void share_memory();

  Slist pin_list(const std::string& pin, const std::vector<IpAddress>& addresses);
  void release_pin(Active& active);

  EventLoop& loop_;
  Resolver& resolver_;
  CaStore ca_;
  FetchSettings settings_;
  RequestHeaders headers_;
  HttpTransfer::Context context_;
  std::unique_ptr<CurlMulti> multi_;
  DoneHandler on_done_;
  std::unordered_map<uint64_t, Active> active_;  // by lease
  std::vector<std::unique_ptr<HttpTransfer>> idle_;
  size_t delivered_ = 0;  // and not given back
  // libcurl keeps each pinned address until told otherwise: those whose last user has gone are
  // withdrawn together with the next request.
  std::unordered_map<std::string, int> pins_;
  std::vector<std::string> stale_pins_;
};

}  // namespace crawl
