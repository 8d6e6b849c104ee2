// SPDX-License-Identifier: MIT
#include "fetcher/worker.h"

#include <atomic>
#include <set>
#include <string>

#include "base/escape.h"
#include "tests/fetcher/worker_rig.h"
#include "tests/support/catch.h"
#include "tests/support/scripted_server.h"
#include "web/robots.h"

using namespace crawl;

namespace {

// The job points into `url`.
FetchJob page_job(uint64_t lease, const std::string& url) {
  FetchJob job;
  job.lease = lease;
  job.url = url;
  job.allow_private = true;
  return job;
}

std::unique_ptr<ScriptedServer> always(std::string bytes) {
  return ScriptedServer::answering(
      [bytes = std::move(bytes)](const std::string&) { return ScriptedServer::Reply{bytes}; });
}

PageResult page(const std::string& bytes) {
  const auto decoded = decode_message<PageResult>(bytes);
  REQUIRE(decoded.has_value());
  return *decoded;
}

RobotsResult robots(const std::string& bytes) {
  const auto decoded = decode_message<RobotsResult>(bytes);
  REQUIRE(decoded.has_value());
  return *decoded;
}

}  // namespace

TEST_CASE("worker: it greets, is configured, and is ready", "[worker]") {
  WorkerRig rig;
  const std::string hello_bytes = rig.control(MessageType::kHello);
  const auto hello = decode_message<Hello>(hello_bytes);
  REQUIRE(hello.has_value());
  CHECK(hello->protocol_version == kProtocolVersion);
  CHECK(hello->pid == ::getpid());
  rig.tell(Configure());
  const std::string ready_bytes = rig.control(MessageType::kReady);
  const auto ready = decode_message<Ready>(ready_bytes);
  REQUIRE(ready.has_value());
  CHECK(ready->sandbox == "none, in a test");
  CHECK(rig.hang_up() == Worker::kExitDone);
}

TEST_CASE("worker: a page job is answered by what the page yields", "[worker]") {
  const auto server = always(ScriptedServer::response(
      "200 OK", "Content-Type: text/html; charset=utf-8\r\nETag: \"e\"\r\nX-Name: a\xFFz\r\n",
      "<title>The title</title><p>Some text <a href='/next#x'>go on</a>"));
  WorkerRig rig;
  rig.configure();
  rig.put(page_job(42, server->url("/")));
  const std::string bytes = rig.result();
  const PageResult result = page(bytes);
  CHECK(result.transfer.lease == 42);
  CHECK(result.transfer.generation == 7);
  CHECK(result.transfer.outcome == Outcome::kOk);
  CHECK(result.transfer.status == 200);
  CHECK(result.transfer.address == "127.0.0.1:" + std::to_string(server->port()));
  CHECK(result.content_type == "text/html");
  CHECK(result.etag == "\"e\"");
  CHECK(is_valid_utf8(result.headers));
  CHECK(result.title == "The title");
  CHECK(result.charset == "UTF-8");
  REQUIRE(result.links.size() == 1);
  CHECK(result.links[0].href == server->url("/next"));
  CHECK_FALSE(result.body_zstd.empty());
}

TEST_CASE("worker: a job's own headers are sent with it alone", "[worker]") {
  const auto server = always(ScriptedServer::page("x"));
  WorkerRig rig;
  Configure configure;
  configure.headers = {{"X-Extra: yes"}};
  rig.configure(configure);
  const std::string url = server->url("/");
  FetchJob job = page_job(1, url);
  job.kind = GENERATE(JobKind::kPage, JobKind::kRobots);
  job.headers = {{"Authorization: Bearer secret"}};
  rig.put(job);
  (void)rig.result();
  job.lease = 2;
  job.headers.clear();
  rig.put(job);
  (void)rig.result();
  const auto requests = server->requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].find("\r\nAuthorization: Bearer secret\r\n") != std::string::npos);
  CHECK(requests[1].find("secret") == std::string::npos);
  CHECK(requests[1].find("\r\nX-Extra: yes\r\n") != std::string::npos);
}

TEST_CASE("worker: failures are answered too", "[worker]") {
  const auto server = always(ScriptedServer::response("404 Not Found", "Retry-After: 5\r\n", "no"));
  WorkerRig rig;
  rig.configure();
  rig.put(page_job(1, server->url("/")));
  const std::string missing_bytes = rig.result();
  const PageResult missing = page(missing_bytes);
  CHECK(missing.transfer.outcome == Outcome::kHttpError);
  CHECK(missing.transfer.retry_after_ms == 5000);
  CHECK(missing.parse_status == ParseStatus::kNone);
  const std::string url = server->url("/");
  FetchJob inside = page_job(2, url);
  inside.allow_private = false;
  rig.put(inside);
  const std::string inside_bytes = rig.result();
  CHECK(page(inside_bytes).transfer.outcome == Outcome::kPrivateAddress);
  rig.put(page_job(3, "mailto:someone@example.com"));
  const std::string odd_bytes = rig.result();
  CHECK(page(odd_bytes).transfer.lease == 3);
  CHECK(page(odd_bytes).transfer.outcome == Outcome::kProtocolError);
}

TEST_CASE("worker: a robots job is answered by the rules that apply", "[worker]") {
  const auto server = always(ScriptedServer::response("200 OK", "Content-Type: text/plain\r\n",
                                                      "User-agent: *\nDisallow: /private\n"));
  WorkerRig rig;
  rig.configure();
  const std::string url = server->url("/robots.txt");
  FetchJob job = page_job(5, url);
  job.kind = JobKind::kRobots;
  rig.put(job);
  const std::string bytes = rig.result();
  const RobotsResult result = robots(bytes);
  CHECK(result.transfer.lease == 5);
  CHECK(result.transfer.outcome == Outcome::kOk);
  const auto rules = RobotsRules::deserialize(result.rules);
  REQUIRE(rules.has_value());
  CHECK_FALSE(rules->decide("/private/x").allowed);
  CHECK(rules->decide("/public").allowed);
}

TEST_CASE("worker: bytes can be parsed without a fetch", "[worker]") {
  WorkerRig rig;
  rig.configure();
  ParseJob job;
  job.lease = 8;
  job.base = "http://example.com/dir/";
  job.content_type = "text/html";
  job.bytes = "<title>T</title><a href=x>x</a>";
  rig.put(job);
  const std::string bytes = rig.result();
  const PageResult parsed = page(bytes);
  CHECK(parsed.transfer.status == 200);
  CHECK(parsed.title == "T");
  REQUIRE(parsed.links.size() == 1);
  CHECK(parsed.links[0].href == "http://example.com/dir/x");
  job.content_type = "image/png";
  rig.put(job);
  const std::string image_bytes = rig.result();
  CHECK(page(image_bytes).transfer.outcome == Outcome::kUnsupportedType);
  ParseJob rules;
  rules.lease = 9;
  rules.kind = JobKind::kRobots;
  rules.robots_agent = "other";
  rules.bytes = "User-agent: other\nDisallow: /o\nUser-agent: crawl-test\nDisallow: /c\n";
  rig.put(rules);
  const std::string rules_bytes = rig.result();
  CHECK(robots(rules_bytes).rules.find("/o") != std::string_view::npos);
  CHECK(robots(rules_bytes).rules.find("/c") == std::string_view::npos);
}

TEST_CASE("worker: what the header says about the page counts", "[worker]") {
  const auto server = always(ScriptedServer::response(
      "200 OK",
      "Content-Type: text/html\r\nLink: </next>; rel=next\r\nLink: </c>; rel=canonical\r\n"
      "X-Robots-Tag: otherbot: noindex\r\nX-Robots-Tag: noarchive\r\n"
      "X-Robots-Tag: unavailable_after: 25-Jun-2010 15:00:00 GMT\r\nContent-Language: de\r\n",
      "<p>x"));
  WorkerRig rig;
  rig.configure();
  const std::string url = server->url("/");
  rig.put(page_job(1, url));
  const std::string bytes = rig.result();
  const PageResult result = page(bytes);
  CHECK(result.document == DocumentKind::kHtml);
  REQUIRE(result.links.size() == 2);
  CHECK(result.links[0].kind == LinkKind::kHeader);
  CHECK(result.links[0].rel == "next");
  CHECK(result.canonical == server->url("/c"));
  CHECK(result.robots_directives == (kRobotsNoarchive | kRobotsUnavailable | kRobotsNoindex));
  CHECK(result.unavailable_after_ms == 1'277'478'000'000);
  CHECK(result.lang == "de");
  CHECK(result.lang_source == LangSource::kHeader);
}

TEST_CASE("worker: a sitemap job reads a list of URLs, and says what is broken", "[worker]") {
  WorkerRig rig;
  Configure configure;
  configure.types = "image/gif";
  rig.configure(configure);
  ParseJob job;
  job.lease = 8;
  job.kind = JobKind::kSitemap;
  job.base = "http://example.com/dir/";
  job.content_type = "text/plain";
  job.bytes = "http://example.com/a\nhttp://example.com/b\n";
  rig.put(job);
  const std::string bytes = rig.result();
  CHECK(page(bytes).document == DocumentKind::kSitemap);
  CHECK(page(bytes).links.size() == 2);
  job.bytes = "<urlset><url><loc>http://example.com/a</loc></url>";
  rig.put(job);
  const std::string broken_bytes = rig.result();
  CHECK(page(broken_bytes).transfer.outcome == Outcome::kOk);
  CHECK_FALSE(page(broken_bytes).transfer.detail.empty());
  CHECK(page(broken_bytes).links.size() == 1);
  job.kind = JobKind::kPage;
  job.content_type = "image/jpeg";
  job.bytes = "GIF89a";
  rig.put(job);
  const std::string image_bytes = rig.result();
  CHECK(page(image_bytes).document == DocumentKind::kOther);
  CHECK(page(image_bytes).content_type == "image/gif");
}

TEST_CASE("worker: results larger than the ring wait for space, and none is lost", "[worker]") {
  std::string text;
  for (int i = 0; text.size() < 300'000; ++i) text += "word" + std::to_string(i) + " ";
  const auto server =
      always(ScriptedServer::response("200 OK", "Content-Type: text/plain\r\n", text));
  SharedQueue::Options sizes;
  sizes.jobs_bytes = 64 * 1024;
  sizes.results_bytes = 64 * 1024;
  WorkerRig rig(sizes);
  rig.configure();
  constexpr uint64_t kJobs = 30;
  // All jobs fit their ring, so that they can be handed over before anything is read.
  for (uint64_t lease = 1; lease <= kJobs; ++lease) rig.put(page_job(lease, server->url("/")));
  std::set<uint64_t> answered;
  for (uint64_t i = 0; i < kJobs; ++i) {
    const std::string bytes = rig.result();
    const PageResult result = page(bytes);
    CHECK(result.transfer.outcome == Outcome::kOk);
    CHECK(result.body_bytes == text.size());
    answered.insert(result.transfer.lease);
  }
  CHECK(answered.size() == kJobs);
}

TEST_CASE("worker: the heartbeat rises while there is nothing to do", "[worker]") {
  WorkerRig rig;
  rig.configure();
  const uint64_t before = rig.queue().read_blame().heartbeat;
  // Ends by the test's time limit if it never does.
  while (rig.queue().read_blame().heartbeat < before + 2) std::this_thread::yield();
  CHECK(rig.queue().read_blame().lease == 0);
}

TEST_CASE("worker: a job that is under way is blamed", "[worker]") {
  std::atomic<bool> release{false};
  const auto server = ScriptedServer::raw([&](ScriptedConnection& connection) {
    connection.read_request();
    while (!release && !connection.closed_within(1)) {
    }
    connection.write(ScriptedServer::page("late"));
  });
  WorkerRig rig;
  rig.configure();
  rig.put(page_job(77, server->url("/")));
  while (server->connections() == 0) std::this_thread::yield();
  release = true;
  std::set<uint64_t> blamed;
  RingReader& results = rig.queue().results_reader();
  std::string bytes;
  while (*results.read(bytes) == RingReader::Read::kEmpty) {
    blamed.insert(rig.queue().read_blame().lease);
  }
  // Whatever was seen was this job or nothing, never another.
  blamed.erase(0);
  CHECK(blamed.size() <= 1);
  if (!blamed.empty()) CHECK(*blamed.begin() == 77);
}

TEST_CASE("worker: a coordinator that breaks the protocol is left", "[worker]") {
  WorkerRig rig;
  SECTION("with a Configure that cannot be read") {
    (void)rig.control(MessageType::kHello);
    Log log;  // a type that only fetchers send
    log.text = "?";
    rig.tell(log);
  }
  SECTION("with a second Configure") {
    rig.configure();
    rig.tell(Configure());
  }
  SECTION("with a job that cannot be read") {
    rig.configure();
    rig.put_bytes("\x10garbage");
  }
  SECTION("with a lease of nought") {
    rig.configure();
    rig.put(page_job(0, "http://example.com/"));
  }
  SECTION("with a lease that is under way") {
    const auto silent =
        ScriptedServer::raw([](ScriptedConnection& connection) { connection.wait_for_close(); });
    rig.configure();
    rig.put(page_job(1, silent->url("/")));
    rig.put(page_job(1, silent->url("/")));
    CHECK(rig.join() == Worker::kExitProtocol);
    return;
  }
  CHECK(rig.join() == Worker::kExitProtocol);
}

TEST_CASE("worker: a missing bundle of certificates is told once and stops nothing", "[worker]") {
  WorkerRig rig;
  (void)rig.control(MessageType::kHello);
  Configure configure;
  configure.ca_file = "/nonexistent/ca.pem";
  rig.tell(configure);
  const std::string bytes = rig.control(MessageType::kLog);
  const auto log = decode_message<Log>(bytes);
  REQUIRE(log.has_value());
  CHECK(log->text.find("/nonexistent/ca.pem") != std::string_view::npos);
  (void)rig.control(MessageType::kReady);
  rig.put(page_job(1, "https://127.0.0.1/"));
  const std::string result_bytes = rig.result();
  CHECK(page(result_bytes).transfer.outcome == Outcome::kTlsFailed);
}
