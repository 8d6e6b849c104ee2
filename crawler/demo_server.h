// SPDX-License-Identifier: MIT
#pragma once

// The demonstration's web site, served on 127.0.0.1 by a thread of its own. HTTP/1.1 (RFC 9112) as
// far as GET and HEAD of a fixed set of pages need it.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

struct DemoResponse {
  std::string bytes;
  bool keep_open = false;
};

// The answer to one request: its head, without the empty line at its end.
DemoResponse answer_demo_request(std::string_view head);

class DemoServer {
 public:
  // Listens on a free port. All signals are blocked in the thread: they are for the crawl.
  static Result<std::unique_ptr<DemoServer>> start();
  // Ends the thread and closes all connections.
  ~DemoServer();
  DemoServer(const DemoServer&) = delete;
  DemoServer& operator=(const DemoServer&) = delete;

  uint16_t port() const { return port_; }

 private:
  DemoServer() = default;
  void serve();

  UniqueFd listener_;
  UniqueFd stop_;  // eventfd: readable when the thread is to end
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace crawl
