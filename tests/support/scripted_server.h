// SPDX-License-Identifier: MIT
#pragma once

// A TCP server on the loopback interface that says exactly the bytes a test tells it to, right or
// wrong. Threads inside; the test's functions run on them.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace crawl {

// One accepted connection, for a test that wants the bare socket.
class ScriptedConnection {
 public:
  explicit ScriptedConnection(int fd) : fd_(fd) {}

  // The next request's head, up to and with the blank line; "" when the peer has closed.
  std::string read_request();
  // False when the peer has gone.
  bool write(std::string_view bytes);
  // Blocks until the peer closes.
  void wait_for_close();
  // Waits at most so long; true when the peer has closed by then.
  bool closed_within(int timeout_ms);
  // Closes so that the peer sees a reset (RST) instead of an end.
  void reset_on_close();

 private:
  int fd_;
  std::string pending_;
};

class ScriptedServer {
 public:
  enum class After { kKeepOpen, kClose };
  struct Reply {
    std::string bytes;
    After after = After::kKeepOpen;
  };
  using Responder = std::function<Reply(const std::string& request)>;
  using RawHandler = std::function<void(ScriptedConnection&)>;

  // Answers each request of each connection with the responder's bytes.
  static std::unique_ptr<ScriptedServer> answering(Responder responder);
  // Hands each connection to `handler`; it is closed when that returns.
  static std::unique_ptr<ScriptedServer> raw(RawHandler handler);

  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return port_; }
  std::string url(std::string_view path) const;  // "http://127.0.0.1:PORT/path"
  int connections() const { return connections_; }
  // Heads of all requests so far (of answering() servers).
  std::vector<std::string> requests() const;

  // "HTTP/1.1 <status>\r\nContent-Length: …\r\n<fields>\r\n<body>"; each field ends with CRLF.
  static std::string response(std::string_view status, std::string_view fields,
                              std::string_view body);
  static std::string page(std::string_view body);  // 200, text/html

 private:
  ScriptedServer() = default;
  void accept_loop();
  void run_connection(UniqueFd socket);

  UniqueFd listener_;
  uint16_t port_ = 0;
  RawHandler handler_;
  std::atomic<int> connections_{0};
  mutable std::mutex mutex_;  // guards the members below
  std::vector<std::string> requests_;
  std::vector<std::thread> threads_;
  std::set<int> open_;
  bool stopping_ = false;
  std::thread acceptor_;
};

}  // namespace crawl
