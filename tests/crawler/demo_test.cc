// SPDX-License-Identifier: MIT
#include "crawler/demo_pages.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "crawler/demo_server.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string body_of(const std::string& response) {
  const size_t end = response.find("\r\n\r\n");
  return end == std::string::npos ? "" : response.substr(end + 4);
}

DemoResponse get(const std::string& path, const std::string& more = "") {
  return answer_demo_request("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1" + more);
}

TEST_CASE("demo: every page that is linked is served", "[demo]") {
  for (const char* path : {"/", "/catalogue/", "/catalogue/charts.html", "/catalogue/birds.html",
                           "/catalogue/knots.html", "/visit.html", "/ferry.txt", "/news.html",
                           "/history.html", "/languages.html", "/staff/rota.html", "/robots.txt"}) {
    CAPTURE(path);
    const DemoResponse response = get(path);
    CHECK(response.bytes.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(response.keep_open);
    CHECK_FALSE(body_of(response.bytes).empty());
  }
}

TEST_CASE("demo: the site has a redirect, a missing page and a page that robots must not read",
          "[demo]") {
  CHECK(get("/old-catalogue").bytes.find("\r\nLocation: /catalogue/\r\n") != std::string::npos);
  CHECK(get("/old-catalogue").bytes.starts_with("HTTP/1.1 301 "));
  CHECK(get("/catalogue/reefs.html").bytes.starts_with("HTTP/1.1 404 "));
  CHECK(body_of(get("/robots.txt").bytes).find("Disallow: /staff/") != std::string::npos);
}

TEST_CASE("demo: the length that is announced is the body's", "[demo]") {
  const std::string response = get("/languages.html").bytes;
  const std::string announced =
      "\r\nContent-Length: " + std::to_string(body_of(response).size()) + "\r\n";
  CHECK(response.find(announced) != std::string::npos);
  CHECK(body_of(response).find("Bücher") != std::string::npos);
}

// RFC 9110 §9.3.2
TEST_CASE("demo: HEAD gets the head of GET without its body", "[demo]") {
  const std::string head = answer_demo_request("HEAD / HTTP/1.1\r\nHost: x").bytes;
  const std::string whole = get("/").bytes;
  CHECK(body_of(head).empty());
  CHECK(head == whole.substr(0, whole.find("\r\n\r\n") + 4));
}

TEST_CASE("demo: a query does not change the page, an absolute target is understood", "[demo]") {
  CHECK(get("/news.html?x=1").bytes == get("/news.html").bytes);
  CHECK(get("http://127.0.0.1:80/news.html").bytes == get("/news.html").bytes);
}

// RFC 9112 §9.3, §9.6
TEST_CASE("demo: the connection closes when the client asks for it", "[demo]") {
  CHECK_FALSE(get("/", "\r\nConnection: close").keep_open);
  CHECK_FALSE(answer_demo_request("GET / HTTP/1.0").keep_open);
  CHECK(get("/", "\r\nConnection: keep-alive").keep_open);
}

TEST_CASE("demo: what is no request gets 400 and other methods 405", "[demo]") {
  CHECK(answer_demo_request("").bytes.starts_with("HTTP/1.1 400 "));
  CHECK(answer_demo_request("GET /").bytes.starts_with("HTTP/1.1 400 "));
  CHECK(answer_demo_request("GET / HTTP/1.1").bytes.starts_with("HTTP/1.1 400 "));  // no Host
  CHECK(answer_demo_request("GET / HTTP/1.1\r\nHost: x\r\nnonsense")
            .bytes.starts_with("HTTP/1.1 400 "));
  const DemoResponse post = answer_demo_request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3");
  CHECK(post.bytes.starts_with("HTTP/1.1 405 "));
  CHECK_FALSE(post.keep_open);
}

class Client {
 public:
  explicit Client(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket_.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  void send(const std::string& text) {
    REQUIRE(::send(socket_.fd(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  // Until `bytes` have come or the server closes.
  std::string receive(size_t bytes) {
    std::string text;
    std::array<char, 4096> chunk{};
    while (text.size() < bytes) {
      const ssize_t got =
          recv(socket_.fd(), chunk.data(), std::min(chunk.size(), bytes - text.size()), 0);
      if (got <= 0) break;
      text.append(chunk.data(), static_cast<size_t>(got));
    }
    return text;
  }

 private:
  UniqueFd socket_;
};

TEST_CASE("demo: the server answers several requests on one connection", "[demo]") {
  Result<std::unique_ptr<DemoServer>> server = DemoServer::start();
  REQUIRE(server);
  Client client((*server)->port());
  const std::string page = get("/news.html").bytes;
  client.send("GET /news.html HTTP/1.1\r\nHost: x\r\n\r\nGET /news.html HTTP/1.1\r\nHo");
  CHECK(client.receive(page.size()) == page);
  client.send("st: x\r\n\r\n");
  CHECK(client.receive(page.size()) == page);
}

TEST_CASE("demo: a request without end is refused and closed", "[demo]") {
  Result<std::unique_ptr<DemoServer>> server = DemoServer::start();
  REQUIRE(server);
  Client client((*server)->port());
  client.send("GET / HTTP/1.1\r\nX: " + std::string(17'000, 'x'));
  CHECK(client.receive(1 << 20).starts_with("HTTP/1.1 431 "));
}

TEST_CASE("demo: one slow client does not hold up another", "[demo]") {
  Result<std::unique_ptr<DemoServer>> server = DemoServer::start();
  REQUIRE(server);
  Client slow((*server)->port());
  slow.send("GET / HT");
  Client quick((*server)->port());
  quick.send("GET / HTTP/1.0\r\n\r\n");
  CHECK(quick.receive(1 << 20).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("demo: starting the server leaves this thread's signals as they were", "[demo]") {
  sigset_t before, after;
  REQUIRE(pthread_sigmask(SIG_SETMASK, nullptr, &before) == 0);
  { REQUIRE(DemoServer::start()); }
  REQUIRE(pthread_sigmask(SIG_SETMASK, nullptr, &after) == 0);
  for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) {
    CHECK(sigismember(&before, signal) == sigismember(&after, signal));
  }
}

TEST_CASE("demo: files are found by name, and only those", "[demo]") {
  CHECK(demo_file("robots.txt"));
  CHECK_FALSE(demo_file("embed.cmake"));
  CHECK_FALSE(demo_file(""));
}

}  // namespace
}  // namespace crawl
