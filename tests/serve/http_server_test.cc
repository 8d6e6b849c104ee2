// SPDX-License-Identifier: MIT
#include "serve/http_server.h"

#include "tests/support/catch.h"

using namespace crawl;

namespace {

HttpServer::Asked asked(const std::string& path = "/") {
  HttpServer::Asked request;
  request.method = "GET";
  request.path = path;
  request.host = "127.0.0.1:8017";
  return request;
}

std::unique_ptr<HttpServer> server(const std::string& token = "") {
  HttpServer::Options options;
  options.token = token;
  Result<std::unique_ptr<HttpServer>> started =
      HttpServer::start(options, [](const HttpRequest& request) {
        HttpResponse response;
        response.body = "the answer for " + request.path;
        return response;
      });
  REQUIRE(started);
  return std::move(*started);
}

int status(const HttpServer& server, const HttpServer::Asked& request) {
  std::string cookie;
  return server.answer(request, cookie).status;
}

std::string cookie_of(const HttpServer& server) {
  return "crawl_token_" + std::to_string(server.port()) + "=";
}

constexpr const char* kToken = "0123456789abcdef";

}  // namespace

TEST_CASE("serve: it answers on a port of its own", "[serve]") {
  const auto one = server();
  CHECK(one->port() > 0);
  CHECK(one->url() == "http://127.0.0.1:" + std::to_string(one->port()) + "/");
  std::string cookie;
  CHECK(one->answer(asked("/x"), cookie).body == "the answer for /x");
}

TEST_CASE("serve: only names of this machine are answered, against DNS rebinding", "[serve]") {
  const auto one = server();
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:8017", "localhost:1", "127.9.9.9:2", "[::1]:3"}) {
    HttpServer::Asked request = asked();
    request.host = host;
    CAPTURE(host);
    CHECK(status(*one, request) == 200);
  }
  for (const char* host :
       {"", "evil.example", "evil.example:8017", "127.0.0.1.evil.example", "10.0.0.1:8017",
        "localhost.evil.example:1", "[::2]:1", "0.0.0.0:8017"}) {
    HttpServer::Asked request = asked();
    request.host = host;
    CAPTURE(host);
    CHECK(status(*one, request) == 403);
  }
}

TEST_CASE("serve: other sites' pages are not answered, links on them are", "[serve]") {
  const auto one = server();
  HttpServer::Asked request = asked();
  request.fetch_site = "cross-site";
  request.fetch_mode = "no-cors";
  CHECK(status(*one, request) == 403);
  request.fetch_mode = "navigate";
  request.fetch_dest = "iframe";
  CHECK(status(*one, request) == 403);
  request.fetch_dest = "document";
  CHECK(status(*one, request) == 200);
  request.fetch_site = "same-origin";
  request.fetch_mode = "cors";
  CHECK(status(*one, request) == 200);
}

TEST_CASE("serve: nothing but reading", "[serve]") {
  const auto one = server();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", ""}) {
    HttpServer::Asked request = asked();
    request.method = method;
    CHECK(status(*one, request) == 405);
  }
  HttpServer::Asked head = asked();
  head.method = "HEAD";
  CHECK(status(*one, head) == 200);
}

TEST_CASE("serve: who has to know a token and does not gets nothing", "[serve]") {
  const auto one = server(kToken);
  CHECK(status(*one, asked()) == 401);
  for (const std::string wrong : {"", "0", "0123456789abcdeF", "0123456789abcdef0"}) {
    HttpServer::Asked request = asked();
    request.authorization = "Bearer " + wrong;
    CHECK(status(*one, request) == 401);
    request = asked();
    request.cookie = cookie_of(*one) + wrong;
    CHECK(status(*one, request) == 401);
    request = asked();
    request.queries["token"] = wrong;
    CHECK(status(*one, request) == 401);
  }
  HttpServer::Asked bearer = asked();
  bearer.authorization = std::string("Bearer ") + kToken;
  bearer.host = "crawler.example";  // they may call it as they like
  CHECK(status(*one, bearer) == 200);
  HttpServer::Asked cookie = asked();
  cookie.cookie = "a=b;  " + cookie_of(*one) + kToken + "; c=d";
  CHECK(status(*one, cookie) == 200);
}

TEST_CASE("serve: a token in an address becomes a cookie, and leaves the address", "[serve]") {
  const auto one = server(kToken);
  HttpServer::Asked typed = asked("/\\evil.example");
  typed.queries["token"] = kToken;
  std::string cookie;
  const HttpResponse response = one->answer(typed, cookie);
  CHECK(response.status == 303);
  CHECK(response.location == "/");
  CHECK(cookie == cookie_of(*one) + kToken + "; HttpOnly; SameSite=Strict; Path=/");
}

TEST_CASE("serve: an address that others can reach needs a token", "[serve]") {
  const auto answer = [](const HttpRequest&) { return HttpResponse{}; };
  HttpServer::Options options;
  options.address = "0.0.0.0";
  const auto refused = HttpServer::start(options, answer);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kInvalid);
  options.token = kToken;
  CHECK(HttpServer::start(options, answer));
  options.address = "example.org";
  const auto no_address = HttpServer::start(options, answer);
  REQUIRE_FALSE(no_address);
  CHECK(no_address.error().code == Errc::kInvalid);
}

TEST_CASE("serve: a port that is taken is said so", "[serve]") {
  const auto one = server();
  HttpServer::Options options;
  options.port = one->port();
  const auto second = HttpServer::start(options, [](const HttpRequest&) { return HttpResponse{}; });
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::kExists);
}
