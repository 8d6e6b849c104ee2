// SPDX-License-Identifier: MIT
#pragma once

// A transfer pool with its loop and resolver, driven until one transfer has ended.

#include <ares.h>
#include <curl/curl.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/event_loop.h"
#include "fetcher/transfer_pool.h"
#include "tests/support/catch.h"

namespace crawl {

class TransferRig {
 public:
  explicit TransferRig(FetchSettings settings = quick_settings(), CaStore ca = CaStore(),
                       Resolver::Options resolver = {}) {
    static const bool loaded = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK &&
                               ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
    REQUIRE(loaded);
    loop_ = std::move(*EventLoop::create(clock_));
    resolver_ = std::move(*Resolver::create(*loop_, std::move(resolver)));
    pool_ =
        std::move(*TransferPool::create(*loop_, *resolver_, std::move(ca), std::move(settings)));
    pool_->on_done([this](std::unique_ptr<HttpTransfer> transfer) { done_ = std::move(transfer); });
  }

  static FetchSettings quick_settings() {
    FetchSettings settings;
    settings.user_agent = "crawl-test/1.0";
    return settings;
  }

  // The transfer stays readable until the next call.
  const HttpTransfer& fetch(FetchRequest request) {
    if (done_) pool_->recycle(std::move(done_));
    done_ = nullptr;
    request.lease = next_lease_++;
    REQUIRE(pool_->start(std::move(request)).has_value());
    REQUIRE(done_ == nullptr);  // never from within start()
    while (!done_) REQUIRE(loop_->run_once(1000).has_value());
    return *done_;
  }

  // From loopback, which is allowed.
  const HttpTransfer& fetch(const std::string& url) {
    FetchRequest request;
    request.url = url;
    request.policy = AddressPolicy::kAny;
    return fetch(std::move(request));
  }

  TransferPool& pool() { return *pool_; }
  void turn(int timeout_ms) { REQUIRE(loop_->run_once(timeout_ms).has_value()); }

 private:
  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<TransferPool> pool_;
  std::unique_ptr<HttpTransfer> done_;
  uint64_t next_lease_ = 1;
};

}  // namespace crawl
