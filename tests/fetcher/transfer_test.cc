// SPDX-License-Identifier: MIT
#include "fetcher/transfer.h"

#include <cstdlib>
#include <memory>
#include <string>

#include "tests/fetcher/transfer_rig.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"

using crawl::AddressPolicy;
using crawl::FetchRequest;
using crawl::FetchSettings;
using crawl::JobKind;
using crawl::Outcome;
using crawl::ScriptedConnection;
using crawl::ScriptedServer;
using crawl::TransferRig;

namespace {

using Reply = ScriptedServer::Reply;

std::unique_ptr<ScriptedServer> always(
    std::string bytes, ScriptedServer::After after = ScriptedServer::After::kClose) {
  return ScriptedServer::answering([bytes = std::move(bytes), after](const std::string&) {
    return Reply{bytes, after};
  });
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("transfer: a page arrives with its header and body", "[transfer]") {
  const auto server = always(ScriptedServer::response(
      "200 OK", "Content-Type: text/html\r\nETag: \"x1\"\r\nX-Robots-Tag: noindex\r\n",
      "<p>hello"));
  TransferRig rig;
  const auto& transfer = rig.fetch(server->url("/a?b=c"));
  CHECK(transfer.report().outcome == Outcome::kOk);
  CHECK(transfer.report().status == 200);
  CHECK(transfer.report().detail.empty());
  CHECK(transfer.report().wire_bytes == 8);
  CHECK(transfer.report().address == "127.0.0.1:" + std::to_string(server->port()));
  CHECK(transfer.body() == "<p>hello");
  CHECK(transfer.head().value("etag") == "\"x1\"");
  CHECK(transfer.head().lines() ==
        "Content-Length: 8\r\nContent-Type: text/html\r\nETag: \"x1\"\r\nX-Robots-Tag: noindex");
  REQUIRE(server->requests().size() == 1);
  const std::string request = server->requests()[0];
  CHECK(request.compare(0, 16, "GET /a?b=c HTTP/") == 0);
  CHECK(mentions(request, "\r\nUser-Agent: crawl-test/1.0\r\n"));
  CHECK(mentions(request, "\r\nAccept-Encoding: "));
  CHECK_FALSE(mentions(request, "Cookie"));
}

TEST_CASE("transfer: one connection serves pages one after another", "[transfer]") {
  const auto server = always(ScriptedServer::page("x"), ScriptedServer::After::kKeepOpen);
  TransferRig rig;
  for (int i = 0; i < 5; ++i) CHECK(rig.fetch(server->url("/")).report().outcome == Outcome::kOk);
  CHECK(server->connections() == 1);
  CHECK(server->requests().size() == 5);
}

TEST_CASE("transfer: a path with dots and odd bytes is sent as it is written", "[transfer]") {
  const auto server = always(ScriptedServer::page("x"));
  TransferRig rig;
  rig.fetch(server->url("/a//b/%2e%2e/c;d=|x|?q=%00"));
  REQUIRE(server->requests().size() == 1);
  CHECK(mentions(server->requests()[0], "GET /a//b/%2e%2e/c;d=|x|?q=%00 HTTP/1.1\r\n"));
}

TEST_CASE("transfer: added headers and validators are sent", "[transfer]") {
  const auto server = always("HTTP/1.1 304 Not Modified\r\nETag: \"v2\"\r\n\r\n");
  FetchSettings settings = TransferRig::quick_settings();
  settings.headers = {"X-Extra: yes", "Accept-Language: de", "X-Bad: a\r\nInjected: 1"};
  TransferRig rig(settings);
  FetchRequest request;
  request.url = server->url("/");
  request.policy = AddressPolicy::kAny;
  request.etag = "\"v1\"";
  request.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
  const auto& transfer = rig.fetch(request);
  CHECK(transfer.report().outcome == Outcome::kNotModified);
  CHECK(transfer.report().status == 304);
  REQUIRE(server->requests().size() == 1);
  const std::string sent = server->requests()[0];
  CHECK(mentions(sent, "\r\nIf-None-Match: \"v1\"\r\n"));
  CHECK(mentions(sent, "\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
  CHECK(mentions(sent, "\r\nX-Extra: yes\r\n"));
  CHECK(mentions(sent, "\r\nAccept-Language: de\r\n"));
  CHECK_FALSE(mentions(sent, "Injected"));
}

TEST_CASE("transfer: a request's own headers are sent with it and with no other", "[transfer]") {
  const auto server = always(ScriptedServer::page("x"), ScriptedServer::After::kKeepOpen);
  FetchSettings settings = TransferRig::quick_settings();
  settings.headers = {"X-Extra: yes", "Accept-Language: de"};
  const std::vector<std::string> own = {"aUTHORIZATION: Basic c2VjcmV0", "Cookie: sid=secret",
                                        "accept-language: fr", "X-Bad: a\r\nInjected: 1"};
  TransferRig rig(settings);
  FetchRequest request;
  request.url = server->url("/");
  request.policy = AddressPolicy::kAny;
  const bool conditional = GENERATE(false, true);
  if (conditional) request.etag = "\"v1\"";
  // The handle and the connection are used again, what was sent on them before is not.
  for (const bool allowed : {true, false, true, false}) {
    CAPTURE(conditional, allowed);
    request.headers = allowed ? own : std::vector<std::string>();
    CHECK(rig.fetch(request).report().outcome == Outcome::kOk);
    const std::string sent = server->requests().back();
    CHECK(mentions(sent, "\r\naUTHORIZATION: Basic c2VjcmV0\r\n") == allowed);
    CHECK(mentions(sent, "\r\nCookie: sid=secret\r\n") == allowed);
    CHECK(mentions(sent, "\r\nX-Extra: yes\r\n"));
    CHECK(mentions(sent, "\r\naccept-language: fr\r\n") == allowed);
    CHECK(mentions(sent, "\r\nAccept-Language: de\r\n") == !allowed);
    CHECK_FALSE(mentions(sent, "Injected"));
    CHECK(mentions(sent, "\r\nAccept: text/html,"));
    CHECK(mentions(sent, "If-None-Match") == conditional);
  }
  CHECK(server->connections() == 1);
}

TEST_CASE("transfer: a 304 that was not asked for is an error", "[transfer]") {
  const auto server = always("HTTP/1.1 304 Not Modified\r\n\r\n");
  TransferRig rig;
  CHECK(rig.fetch(server->url("/")).report().outcome == Outcome::kHttpError);
}

// RFC 9110 §15.4, §10.2.2
TEST_CASE("transfer: a redirect comes back with its resolved target", "[transfer]") {
  const auto server = ScriptedServer::answering([](const std::string& request) {
    std::string target = "../new page?x#frag";
    if (mentions(request, "GET /scheme")) target = "ftp://files.example/x";
    if (mentions(request, "GET /bad")) target = "http://[nonsense/";
    if (mentions(request, "GET /none")) return Reply{ScriptedServer::response("302 Found", "", "")};
    return Reply{ScriptedServer::response("301 Moved", "Location: " + target + "\r\n", "moved")};
  });
  TransferRig rig;
  const auto& relative = rig.fetch(server->url("/a/b/c"));
  CHECK(relative.report().outcome == Outcome::kRedirect);
  CHECK(relative.report().status == 301);
  CHECK(relative.report().location == server->url("/a/new%20page?x"));
  CHECK(relative.body().empty());
  CHECK(rig.fetch(server->url("/scheme")).report().location == "ftp://files.example/x");
  const auto& bad = rig.fetch(server->url("/bad"));
  CHECK(bad.report().outcome == Outcome::kRedirect);
  CHECK(bad.report().location.empty());
  CHECK(rig.fetch(server->url("/none")).report().outcome == Outcome::kHttpError);
  CHECK(server->connections() == 1);
}

TEST_CASE("transfer: error statuses keep the connection and tell when to come back", "[transfer]") {
  const auto server = ScriptedServer::answering([](const std::string& request) {
    if (mentions(request, "GET /gone")) return Reply{ScriptedServer::response("410 Gone", "", "g")};
    if (mentions(request, "GET /busy")) {
      return Reply{ScriptedServer::response("503 Busy", "Retry-After: 120\r\n", "later")};
    }
    return Reply{ScriptedServer::response("404 Not Found", "", "nothing here")};
  });
  TransferRig rig;
  const auto& missing = rig.fetch(server->url("/missing"));
  CHECK(missing.report().outcome == Outcome::kHttpError);
  CHECK(missing.report().status == 404);
  CHECK(missing.report().retry_after_ms == -1);
  CHECK(missing.body().empty());
  CHECK(rig.fetch(server->url("/gone")).report().outcome == Outcome::kGone);
  const auto& busy = rig.fetch(server->url("/busy"));
  CHECK(busy.report().outcome == Outcome::kHttpError);
  CHECK(busy.report().retry_after_ms == 120'000);
  CHECK(server->connections() == 1);
}

// RFC 9110 §10.2.3
TEST_CASE("transfer: a date to come back is meant by the server's clock", "[transfer]") {
  const auto server = ScriptedServer::answering([](const std::string& request) {
    const bool dated = mentions(request, "GET /dated");
    return Reply{ScriptedServer::response(
        "503 Busy",
        std::string(dated ? "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" : "") +
            "Retry-After: Sun, 06 Nov 1994 08:51:37 GMT\r\n",
        "later")};
  });
  TransferRig rig;
  CHECK(rig.fetch(server->url("/dated")).report().retry_after_ms == 120'000);
  CHECK(rig.fetch(server->url("/undated")).report().retry_after_ms == 0);  // long ago, by ours
}

TEST_CASE("transfer: a type that is not read costs no long download", "[transfer]") {
  const auto server = ScriptedServer::answering([](const std::string& request) {
    const size_t size = mentions(request, "GET /small") ? 1000 : 5'000'000;
    return Reply{
        ScriptedServer::response("200 OK", "Content-Type: image/png\r\n", std::string(size, 'x'))};
  });
  TransferRig rig;
  CHECK(rig.fetch(server->url("/small")).report().outcome == Outcome::kUnsupportedType);
  CHECK(rig.fetch(server->url("/small")).report().outcome == Outcome::kUnsupportedType);
  CHECK(server->connections() == 1);
  const auto& large = rig.fetch(server->url("/large"));
  CHECK(large.report().outcome == Outcome::kUnsupportedType);
  CHECK(mentions(large.report().detail, "image/png"));
  CHECK(large.report().wire_bytes < 200'000);
  CHECK(large.body().empty());
}

TEST_CASE("transfer: a body without Content-Type is looked at", "[transfer]") {
  const auto server = ScriptedServer::answering([](const std::string& request) {
    const bool page = mentions(request, "GET /page");
    return Reply{ScriptedServer::response(
        "200 OK", "", page ? "<!doctype html><p>hi" : std::string("\x89PNG\r\n\x1a\n\0\0", 10))};
  });
  TransferRig rig;
  const auto& page = rig.fetch(server->url("/page"));
  CHECK(page.report().outcome == Outcome::kOk);
  CHECK(page.body() == "<!doctype html><p>hi");
  CHECK(rig.fetch(server->url("/image")).report().outcome == Outcome::kUnsupportedType);
}

TEST_CASE("transfer: a body is looked at, and cut off when it is not wanted", "[transfer]") {
  const auto server = ScriptedServer::answering([](const std::string& request) {
    const bool feed = mentions(request, "GET /feed");
    const std::string start = feed ? "<?xml version='1.0'?><rss>" : "<?xml version='1.0'?><svg>";
    return Reply{ScriptedServer::response("200 OK", "Content-Type: application/xml\r\n",
                                          start + std::string(5'000'000, 'x'))};
  });
  TransferRig rig;
  const auto& feed = rig.fetch(server->url("/feed"));
  CHECK(feed.report().outcome == Outcome::kOk);
  CHECK(feed.body().size() > 5'000'000);
  const auto& drawing = rig.fetch(server->url("/drawing"));
  CHECK(drawing.report().outcome == Outcome::kUnsupportedType);
  CHECK(drawing.report().wire_bytes < 200'000);
  CHECK(drawing.content_type() == "application/xml");
}

TEST_CASE("transfer: a type that is wanted is downloaded", "[transfer]") {
  const auto server = ScriptedServer::answering([](const std::string& request) {
    const bool image = mentions(request, "GET /image");
    return Reply{ScriptedServer::response(
        "200 OK", image ? "Content-Type: image/jpeg\r\n" : "Content-Type: application/pdf\r\n",
        image ? "GIF89a" : "%PDF-1.7")};
  });
  FetchSettings settings = TransferRig::quick_settings();
  settings.types = "image/gif application/pdf";
  TransferRig rig(settings);
  CHECK(rig.fetch(server->url("/pdf")).body() == "%PDF-1.7");
  const auto& image = rig.fetch(server->url("/image"));
  CHECK(image.report().outcome == Outcome::kOk);
  CHECK(image.content_type() == "image/gif");
}

TEST_CASE("transfer: a sitemap may be larger than a page", "[transfer]") {
  const std::string list = "http://h.example/" + std::string(3000, 'x');
  const auto server =
      always(ScriptedServer::response("200 OK", "Content-Type: application/x-odd\r\n", list));
  FetchSettings settings = TransferRig::quick_settings();
  settings.body_bytes_max = 1000;
  TransferRig rig(settings);
  FetchRequest request;
  request.kind = JobKind::kSitemap;
  request.url = server->url("/list");
  request.policy = AddressPolicy::kAny;
  const auto& transfer = rig.fetch(request);
  CHECK(transfer.report().outcome == Outcome::kOk);
  CHECK(transfer.body() == list);
}

TEST_CASE("transfer: interim responses and trailers are not the header", "[transfer]") {
  const auto server = always(
      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\nok\r\n0\r\nX-Trailer: late\r\n\r\n");
  TransferRig rig;
  const auto& transfer = rig.fetch(server->url("/"));
  CHECK(transfer.report().outcome == Outcome::kOk);
  CHECK(transfer.body() == "ok");
  CHECK(transfer.head().lines() == "Content-Type: text/plain\r\nTransfer-Encoding: chunked");
}

// RFC 9309 §2.5
TEST_CASE("transfer: robots.txt of any type is read up to its limit", "[transfer]") {
  const std::string text(crawl::kRobotsBytesMax + 5000, '#');
  const auto server =
      always(ScriptedServer::response("200 OK", "Content-Type: application/x-odd\r\n", text));
  TransferRig rig;
  FetchRequest request;
  request.kind = JobKind::kRobots;
  request.url = server->url("/robots.txt");
  request.policy = AddressPolicy::kAny;
  const auto& transfer = rig.fetch(request);
  CHECK(transfer.report().outcome == Outcome::kOk);
  CHECK(transfer.body().size() == crawl::kRobotsBytesMax);
}

TEST_CASE("transfer: a proxy is used when it is named, and then it resolves the names",
          "[transfer]") {
  const auto proxy = always(ScriptedServer::page("by proxy"));
  TransferRig rig;
  FetchRequest request;
  request.proxy = "127.0.0.1:" + std::to_string(proxy->port());
  request.url = "http://public.example.com/x";
  CHECK(rig.fetch(request).report().outcome == Outcome::kOk);
  REQUIRE(proxy->requests().size() == 1);
  CHECK(mentions(proxy->requests()[0], "GET http://public.example.com/x HTTP/1.1\r\n"));
  request.url = "http://10.0.0.1/";
  CHECK(rig.fetch(request).report().outcome == Outcome::kPrivateAddress);
  CHECK(proxy->requests().size() == 1);
  // The next request on the same handle has none, and meets the guard of its own addresses.
  request.proxy.clear();
  request.url = "http://127.0.0.1:" + std::to_string(proxy->port()) + "/y";
  CHECK(rig.fetch(request).report().outcome == Outcome::kPrivateAddress);
  request.policy = AddressPolicy::kAny;
  CHECK(rig.fetch(request).report().outcome == Outcome::kOk);
  CHECK(mentions(proxy->requests().back(), "GET /y HTTP/1.1\r\n"));
}

TEST_CASE("transfer: a proxy's user and password are its own, and in no message", "[transfer]") {
  const auto proxy = always(ScriptedServer::page("by proxy"), ScriptedServer::After::kKeepOpen);
  const std::string place = "127.0.0.1:" + std::to_string(proxy->port());
  TransferRig rig;
  FetchRequest request;
  request.url = "http://public.example.com/x";
  for (const bool known : {true, false, true}) {
    request.proxy = known ? "http://me:p%20%2Fw@" + place : "http://" + place;
    CHECK(rig.fetch(request).report().outcome == Outcome::kOk);
    // "me:p /w"
    CHECK(mentions(proxy->requests().back(), "\r\nProxy-Authorization: Basic bWU6cCAvdw==\r\n") ==
          known);
  }
  for (const char* nobody : {"http://me:hunter2@127.0.0.1:1", "socks5://me:hunter2@127.0.0.1:1",
                             "http://me:hunter2@127.0.0.1:0"}) {
    request.proxy = nobody;
    const auto& report = rig.fetch(request).report();
    CAPTURE(nobody, report.detail);
    CHECK(report.outcome != Outcome::kOk);
    CHECK_FALSE(mentions(report.detail, "hunter2"));
  }
}

TEST_CASE("transfer: a proxy in the environment is ignored", "[transfer]") {
  const auto proxy = always(ScriptedServer::page("by proxy"));
  const auto server = always(ScriptedServer::page("direct"));
  const std::string address = "http://127.0.0.1:" + std::to_string(proxy->port());
  REQUIRE(::setenv("http_proxy", address.c_str(), 1) == 0);
  TransferRig rig;
  CHECK(rig.fetch(server->url("/")).body() == "direct");
  ::unsetenv("http_proxy");
  CHECK(proxy->connections() == 0);
}
