// SPDX-License-Identifier: MIT
#pragma once

// A small HTTP server for people's browsers and for programs: it answers GET and HEAD, and nothing
// that it is sent changes anything. Around libmicrohttpd, which reads the requests; who may ask is
// decided here, before any handler is called.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

struct MHD_Daemon;

namespace crawl {

struct HttpRequest {
  std::string path;                            // decoded
  std::map<std::string, std::string> queries;  // decoded; of several of one name, the last
  std::string query(const std::string& name) const {
    const auto found = queries.find(name);
    return found == queries.end() ? "" : found->second;
  }
  // A whole number of `min` to `max`; `if_absent` where it is not given. nullopt: it is none.
  std::optional<int64_t> number(const std::string& name, int64_t if_absent, int64_t min,
                                int64_t max) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/html; charset=utf-8";
  std::string body;
  std::string location;         // of a redirect
  bool has_own_policy = false;  // what it may load stands in the page itself
  // Instead of `body`: the next piece of an answer without end; nullopt: that was all. Called on
  // the connection's own thread, and may take a second.
  std::function<std::optional<std::string>()> stream;

  // `text` as a line.
  static HttpResponse plain(int status, std::string text);
};

class HttpServer {
 public:
  struct Options {
    std::string address = "127.0.0.1";  // or IPv6; a literal
    uint16_t port = 0;                  // 0: any that is free
    // Who cannot tell it gets nothing. "": none is needed, which only a loopback address permits.
    std::string token;
  };
  using Handler = std::function<HttpResponse(const HttpRequest&)>;

  // Listens, and answers on threads of its own until it is destroyed. `handler` is called on
  // several at once. kExists: the port is taken; kInvalid: no such address, or a token is needed.
  static Result<std::unique_ptr<HttpServer>> start(const Options& options, Handler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const { return port_; }
  // "http://127.0.0.1:8017/"
  std::string url() const;
  // What a request is answered; for tests, and for the library's callback.
  struct Asked {
    std::string method, path, host, authorization, cookie, fetch_site, fetch_mode, fetch_dest;
    std::map<std::string, std::string> queries;
  };
  HttpResponse answer(const Asked& asked, std::string& set_cookie) const;

 private:
  HttpServer(const Options& options, Handler handler, UniqueFd socket, uint16_t port);
  bool has_token(const Asked& asked) const;

  const Options options_;
  const Handler handler_;
  const bool loopback_;
  UniqueFd socket_;
  const uint16_t port_;
  MHD_Daemon* daemon_ = nullptr;
};

}  // namespace crawl
