// SPDX-License-Identifier: MIT
#pragma once

// curl_multi driven by our EventLoop through curl_multi_socket_action: the cost of a step depends
// on the sockets that are ready, not on how many transfers there are.

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <unordered_map>

#include "base/event_loop.h"
#include "base/result.h"

namespace crawl {

class CurlMulti {
 public:
  using DoneHandler = std::function<void(CURL*, CURLcode)>;

  // `loop` must outlive the multi; easy handles must be removed before it is destroyed.
  // `connections_max`: idle connections kept open, above the peak number of transfers.
  static Result<std::unique_ptr<CurlMulti>> create(EventLoop& loop, long connections_max);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  // Called from the loop when a transfer has ended; its handle has been removed by then and may be
  // added again from within.
  void on_done(DoneHandler handler) { on_done_ = std::move(handler); }

  // Called from the loop when libcurl has done what it could for now.
  void on_turn(std::function<void()> handler) { on_turn_ = std::move(handler); }

  Result<void> add(CURL* easy);
  void remove(CURL* easy);

 private:
  CurlMulti(EventLoop& loop, CURLM* multi) : loop_(loop), multi_(multi) {}

  static int socket_changed(CURL* easy, curl_socket_t fd, int what, void* self, void* per_socket);
  static int timer_changed(CURLM* multi, long timeout_ms, void* self);
  void watch(curl_socket_t fd, int what);
  void act(curl_socket_t fd, int events);
  void deliver();

  EventLoop& loop_;
  CURLM* multi_;
  DoneHandler on_done_;
  std::function<void()> on_turn_;
  EventLoop::TimerId timer_ = 0;
  std::unordered_map<curl_socket_t, int> watched_;  // fd → CURL_POLL_*
};

}  // namespace crawl
