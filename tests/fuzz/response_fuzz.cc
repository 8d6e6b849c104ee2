// SPDX-License-Identifier: MIT
// Any bytes as the answer of a server, through a real socket and libcurl: headers, folding,
// cookies, lengths, chunks, content codings, redirects, and the message made of it all. Whatever an
// answer says, the next request is byte for byte what it would have been without it: no cookie, no
// credentials, no HSTS, nothing is carried over.

#include <arpa/inet.h>
#include <ares.h>
#include <fuzzer/FuzzedDataProvider.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "base/escape.h"
#include "base/event_loop.h"
#include "base/unique_fd.h"
#include "fetcher/answer.h"
#include "fetcher/transfer_pool.h"

namespace {

using namespace crawl;

constexpr uint64_t kBodyMax = 20'000;

// Reads the request of each connection, says what it was told to, in two pieces, and closes. In the
// loop of who asks, since two threads would mostly wait for each other.
class Server {
 public:
  explicit Server(EventLoop& loop)
      : loop_(loop), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_ANY);  // all of 127.0.0.0/8
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t length = sizeof address;
    CRAWL_CHECK(::bind(listener_.fd(), generic, length) == 0);
    CRAWL_CHECK(::listen(listener_.fd(), 16) == 0);
    CRAWL_CHECK(::getsockname(listener_.fd(), generic, &length) == 0);
    port_ = ntohs(address.sin_port);
    CRAWL_CHECK(loop_.watch(listener_.fd(), EPOLLIN, [this](uint32_t) { accept(); }).has_value());
  }
  uint16_t port() const { return port_; }
  void say(std::string bytes, size_t split) {
    bytes_ = std::move(bytes);
    split_ = split;
    request_.clear();
  }
  const std::string& request() const { return request_; }

 private:
  void accept() {
    if (peer_) hang_up();  // one that gave up without a word
    peer_.reset(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
    CRAWL_CHECK(peer_);
    request_.clear();
    CRAWL_CHECK(loop_.watch(peer_.fd(), EPOLLIN, [this](uint32_t) { answer(); }).has_value());
  }
  void answer() {
    std::array<char, 4096> chunk;
    const ssize_t n = ::recv(peer_.fd(), chunk.data(), chunk.size(), 0);
    if (n <= 0) return hang_up();
    request_.append(chunk.data(), static_cast<size_t>(n));
    if (!request_.ends_with("\r\n\r\n")) return;
    const std::string_view bytes = bytes_;
    for (const std::string_view part : {bytes.substr(0, split_), bytes.substr(split_)}) {
      if (!part.empty()) (void)::send(peer_.fd(), part.data(), part.size(), MSG_NOSIGNAL);
    }
    hang_up();
  }
  void hang_up() {
    loop_.unwatch(peer_.fd());
    peer_.reset();
  }

  EventLoop& loop_;
  UniqueFd listener_;
  UniqueFd peer_;
  uint16_t port_ = 0;
  std::string bytes_;
  std::string request_;
  size_t split_ = 0;
};

class Fetcher {
 public:
  Fetcher() {
    CRAWL_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    CRAWL_CHECK(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
    loop_ = std::move(*EventLoop::create(clock_));
    server_ = std::make_unique<Server>(*loop_);
    resolver_ = std::move(*Resolver::create(*loop_, {}));
    FetchSettings settings;
    settings.user_agent = "crawl";
    settings.headers = {"X-Ours: 1"};
    settings.body_bytes_max = kBodyMax;
    settings.decode_ratio_max = 10;
    settings.timeout_ms = 5'000;
    pool_ = std::move(*TransferPool::create(*loop_, *resolver_, CaStore(), settings));
    pool_->on_done([this](std::unique_ptr<HttpTransfer> done) {
      CRAWL_CHECK(done_ == nullptr);
      done_ = std::move(done);
    });
    document_ = std::move(*Document::create({.arena_bytes_max = 1u << 20, .cpu_ms_max = 20}));
    answerer_ = std::make_unique<Answerer>(*document_, clock_, Answerer::Settings{7, "crawl"},
                                           [](uint64_t, std::string_view, Phase) {});
  }
  const HttpTransfer& fetch(FetchRequest request) {
    if (done_) pool_->recycle(std::move(done_));
    request.lease = ++lease_;
    CRAWL_CHECK(pool_->start(std::move(request)).has_value());
    while (!done_) CRAWL_CHECK(loop_->run_once(1000).has_value());
    return *done_;
  }
  Server& server() { return *server_; }
  std::string answer() {
    std::string message;
    answerer_->answer(*done_, message);
    return message;
  }

 private:
  SystemClock clock_;
  std::unique_ptr<EventLoop> loop_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Resolver> resolver_;
  std::unique_ptr<TransferPool> pool_;
  std::unique_ptr<Document> document_;
  std::unique_ptr<Answerer> answerer_;
  std::unique_ptr<HttpTransfer> done_;
  uint64_t lease_ = 0;
};

void check_head(const ResponseHead& head) {
  CRAWL_CHECK(head.lines().size() <= kHeaderBytesMax);
  for (const std::string_view name : {"set-cookie", "location", "content-type", "retry-after"}) {
    const std::string first = head.value(name);
    CRAWL_CHECK(first.find_first_of("\r\n") == std::string::npos);
    CRAWL_CHECK(head.joined_values(name).starts_with(first));
  }
}

void check_transfer(const HttpTransfer& transfer) {
  const FetchReport& report = transfer.report();
  CRAWL_CHECK(is_transfer_outcome(report.outcome));
  CRAWL_CHECK(report.outcome != Outcome::kTimeout);
  CRAWL_CHECK(escape_for_terminal(report.detail) == report.detail);
  CRAWL_CHECK(report.detail.empty() ==
              (report.outcome == Outcome::kOk || report.outcome == Outcome::kNotModified));
  CRAWL_CHECK(report.location.empty() || Url::parse(report.location)->href() == report.location);
  CRAWL_CHECK(report.location.empty() || report.outcome == Outcome::kRedirect);
  if (transfer.request().kind == JobKind::kPage) CRAWL_CHECK(transfer.body().size() <= kBodyMax);
  CRAWL_CHECK(report.retry_after_ms >= -1);
  check_head(transfer.head());
}

void check_message(const std::string& message, const HttpTransfer& transfer) {
  const Outcome outcome = transfer.report().outcome;
  if (transfer.request().kind == JobKind::kRobots) {
    const auto result = decode_message<RobotsResult>(message);
    CRAWL_CHECK(result && result->transfer.outcome == outcome);
    return;
  }
  const auto result = decode_message<PageResult>(message);
  CRAWL_CHECK(result && result->transfer.lease == transfer.request().lease);
  CRAWL_CHECK(is_valid_utf8(result->headers) && is_valid_utf8(result->etag));
  CRAWL_CHECK(is_valid_utf8(result->last_modified) && is_valid_utf8(result->content_type));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* fetcher = new Fetcher();  // never ends
  Server& server = fetcher->server();
  static uint32_t turn = 0;
  if (size < 2) return 0;
  const uint8_t choice = data[0];
  std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if ((choice & 0x80) == 0) bytes.insert(0, "HTTP/1.1 ");
  server.say(bytes, bytes.size() * data[1] / 256);

  // A new address each time: closed connections keep their ports for a minute.
  ++turn;
  const std::string authority = "127." + std::to_string(1 + turn % 250) + "." +
                                std::to_string(turn / 250 % 250) +
                                ".1:" + std::to_string(server.port());
  static constexpr JobKind kKinds[] = {JobKind::kPage, JobKind::kPage, JobKind::kRobots,
                                       JobKind::kSitemap};
  FetchRequest request;
  request.kind = kKinds[choice & 3];
  request.url = "http://" + authority + "/a?b";
  request.policy = AddressPolicy::kAny;
  const bool with_credentials = (choice & 4) != 0;
  if (with_credentials) request.headers = {"Cookie: ours"};
  if ((choice & 8) != 0) request.etag = "\"e\"";
  const HttpTransfer& transfer = fetcher->fetch(request);
  check_transfer(transfer);
  check_message(fetcher->answer(), transfer);

  const std::string asked = server.request();
  const std::string cookie = with_credentials ? "Cookie: ours\r\n" : "";
  const std::string expected_end =
      "X-Ours: 1\r\n" + cookie + (request.etag.empty() ? "" : "If-None-Match: \"e\"\r\n") + "\r\n";
  static const std::string middle = [&] {
    const size_t begin = asked.find("User-Agent");
    return asked.substr(begin, asked.find("X-Ours") - begin);
  }();
  const std::string expected =
      "GET /a?b HTTP/1.1\r\nHost: " + authority + "\r\n" + middle + expected_end;
  CRAWL_CHECK(asked == expected);
  return 0;
}
