// SPDX-License-Identifier: MIT
#include "ipc/messages.h"

#include <memory>

#include "tests/ipc/random.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

// Each message with every field away from its default.
Transfer sample_transfer() {
  Transfer t;
  t.lease = 0x1122334455667788;
  t.generation = 7;
  t.outcome = Outcome::kHttpError;
  t.status = 503;
  t.detail = "busy";
  t.address = "192.0.2.1:443";
  t.location = "https://example.com/";
  t.elapsed_ms = 12;
  t.wire_bytes = uint64_t{1} << 40;
  t.retry_after_ms = 120'000;
  return t;
}

Hello sample(const Hello*) { return Hello{3, -4}; }
Ready sample(const Ready*) { return Ready{"seccomp, landlock", "all else"}; }
Wake sample(const Wake*) { return Wake{}; }
Log sample(const Log*) { return Log{"a line"}; }
Listener sample(const Listener*) { return Listener{7}; }
ListenerTaken sample(const ListenerTaken*) { return {}; }

Configure sample(const Configure*) {
  Configure c;
  c.generation = 9;
  c.user_agent = "crawl/0.1";
  c.robots_agent = "crawl";
  c.headers = {Header{"Accept: text/html"}, Header{"X: y"}};
  c.ca_file = "/ca.pem";
  c.insecure = true;
  c.http2 = true;
  c.keep_body = false;
  c.timeout_ms = 1;
  c.connect_timeout_ms = 2;
  c.stall_timeout_ms = 3;
  c.body_bytes_max = 4;
  c.decode_ratio_max = 5;
  c.parse_arena_bytes_max = 6;
  c.parse_cpu_ms_max = 7;
  c.sandbox = SandboxMode::kRequire;
  c.brokered = true;
  c.test_hook = "crash";
  return c;
}

FetchJob sample(const FetchJob*) {
  FetchJob job;
  job.lease = 5;
  job.kind = JobKind::kRobots;
  job.url = "http://h/robots.txt";
  job.allow_private = true;
  job.proxy = "http://proxy/";
  job.headers = {Header{"Cookie: a=b"}, Header{"X: y"}};
  job.etag = "\"tag\"";
  job.last_modified = "Tue";
  return job;
}
ParseJob sample(const ParseJob*) {
  return ParseJob{
      6, JobKind::kRobots, "http://h/", "text/html", "bot", std::string_view("a\0b", 3), true};
}

PageResult sample(const PageResult*) {
  PageResult r;
  r.transfer = sample_transfer();
  r.headers = "A: b\r\nC: d";
  r.content_type = "text/html";
  r.etag = "e";
  r.last_modified = "l";
  r.document = DocumentKind::kLast;
  r.parse_status = ParseStatus::kLimit;
  r.charset = "UTF-8";
  r.charset_source = CharsetSource::kLast;
  r.title = "t";
  r.description = "d";
  r.canonical = "http://h/c";
  r.lang = "en";
  r.lang_source = LangSource::kLast;
  r.author = "a";
  r.published_at_ms = 6;
  r.modified_at_ms = 7;
  r.robots_directives = kRobotsAll;
  r.unavailable_after_ms = 8;
  r.metadata = "{}";
  r.text = "words";
  r.main_text = "word";
  r.body_bytes = 1;
  r.content_hash = 2;
  r.text_hash = 3;
  r.simhash = 4;
  r.links_dropped = 5;
  r.links = {PageLink{"http://h/1", LinkKind::kLast, "nofollow", "one", 9, 100},
             PageLink{"http://h/2", LinkKind::kArea, "", ""}};
  r.body_zstd = "z";
  return r;
}

RobotsResult sample(const RobotsResult*) { return RobotsResult{sample_transfer(), "rules"}; }

template <typename M>
std::string encoded(const M& message) {
  std::string bytes;
  encode_message(message, bytes);
  return bytes;
}

template <typename M>
std::string encoded_sample() {
  return encoded(sample(static_cast<const M*>(nullptr)));
}

// Bytes in a heap block of exactly their size, so that AddressSanitizer sees a read past the end.
template <typename M>
bool decodes(std::string_view bytes) {
  const auto exact = std::make_unique<char[]>(bytes.size());
  bytes.copy(exact.get(), bytes.size());
  return decode_message<M>({exact.get(), bytes.size()}).has_value();
}

void put_u32(std::string& bytes, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace

TEMPLATE_TEST_CASE("messages: each comes back from its bytes with every field", "[messages]", Hello,
                   Configure, Ready, Wake, Log, Listener, ListenerTaken, FetchJob, ParseJob,
                   PageResult, RobotsResult) {
  const std::string bytes = encoded_sample<TestType>();
  const auto message = decode_message<TestType>(bytes);
  REQUIRE(message);
  CHECK(encoded(*message) == bytes);
  CHECK(message_type(bytes) == TestType::kType);
}

TEST_CASE("messages: the fields of a page result keep their values", "[messages]") {
  const std::string bytes = encoded_sample<PageResult>();
  const auto r = decode_message<PageResult>(bytes);
  REQUIRE(r);
  CHECK(r->transfer.lease == 0x1122334455667788);
  CHECK(r->transfer.outcome == Outcome::kHttpError);
  CHECK(r->transfer.status == 503);
  CHECK(r->transfer.retry_after_ms == 120'000);
  CHECK(r->headers == "A: b\r\nC: d");
  CHECK(r->document == DocumentKind::kLast);
  CHECK(r->lang_source == LangSource::kLast);
  CHECK(r->author == "a");
  CHECK(r->published_at_ms == 6);
  CHECK(r->modified_at_ms == 7);
  CHECK(r->robots_directives == kRobotsAll);
  CHECK(r->unavailable_after_ms == 8);
  CHECK(r->metadata == "{}");
  CHECK(r->main_text == "word");
  REQUIRE(r->links.size() == 2);
  CHECK(r->links[0].href == "http://h/1");
  CHECK(r->links[0].anchor == "one");
  CHECK(r->links[0].modified_at_ms == 9);
  CHECK(r->links[0].priority == 100);
  CHECK(r->links[1].kind == LinkKind::kArea);
  CHECK(r->body_zstd == "z");
}

TEST_CASE("messages: integers are little-endian and of fixed width", "[messages]") {
  CHECK(encoded(Hello{0x01020304, -2}) == std::string("\x01\x04\x03\x02\x01\xfe\xff\xff\xff", 9));
}

TEMPLATE_TEST_CASE("messages: every truncation is refused, and so is a byte too many", "[messages]",
                   Hello, Configure, Ready, Log, Listener, FetchJob, ParseJob, PageResult,
                   RobotsResult) {
  const std::string bytes = encoded_sample<TestType>();
  for (size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decodes<TestType>(std::string_view(bytes).substr(0, size)));
  }
  CHECK_FALSE(decodes<TestType>(bytes + '\0'));
}

TEST_CASE("messages: another type's bytes are refused", "[messages]") {
  std::string bytes = encoded_sample<Log>();
  CHECK_FALSE(decodes<Ready>(bytes));
  bytes[0] = '\xff';
  CHECK_FALSE(decodes<Log>(bytes));
  CHECK_FALSE(message_type(""));
}

TEMPLATE_TEST_CASE("messages: random changes never crash, and what is accepted is canonical",
                   "[messages][property][hostile]", Hello, Configure, Ready, Wake, Log, Listener,
                   ListenerTaken, FetchJob, ParseJob, PageResult, RobotsResult) {
  const uint64_t seed = test::random_seed();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::string whole = encoded_sample<TestType>();
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = whole;
    for (uint64_t changes = 1 + test::pick(random, 4); changes > 0; --changes) {
      bytes[test::pick(random, bytes.size())] = static_cast<char>(random() & 0xff);
    }
    if (test::pick(random, 8) == 0) bytes.resize(test::pick(random, bytes.size() + 1));
    const auto message = decode_message<TestType>(bytes);
    if (message) REQUIRE(encoded(*message) == bytes);
  }
}

TEST_CASE("messages: an enum beyond its last value is refused", "[messages][hostile]") {
  const auto with = [](auto change) {
    PageResult r = sample(static_cast<const PageResult*>(nullptr));
    change(r);
    return decodes<PageResult>(encoded(r));
  };
  CHECK(with([](PageResult&) {}));
  CHECK_FALSE(with([](PageResult& r) { r.transfer.outcome = static_cast<Outcome>(21); }));
  CHECK_FALSE(with([](PageResult& r) { r.parse_status = static_cast<ParseStatus>(3); }));
  CHECK_FALSE(with([](PageResult& r) { r.charset_source = static_cast<CharsetSource>(255); }));
  CHECK_FALSE(with([](PageResult& r) { r.links[0].kind = static_cast<LinkKind>(19); }));
  CHECK_FALSE(with([](PageResult& r) { r.document = static_cast<DocumentKind>(7); }));
  CHECK_FALSE(with([](PageResult& r) { r.lang_source = static_cast<LangSource>(4); }));
  FetchJob job = sample(static_cast<const FetchJob*>(nullptr));
  job.kind = static_cast<JobKind>(4);
  CHECK_FALSE(decodes<FetchJob>(encoded(job)));
}

TEST_CASE("messages: values that no fetcher can mean are refused", "[messages][hostile]") {
  const auto with = [](auto change) {
    PageResult r = sample(static_cast<const PageResult*>(nullptr));
    change(r);
    return decodes<PageResult>(encoded(r));
  };
  for (const Outcome outcome : {Outcome::kNone, Outcome::kRedirectLimit,
                                Outcome::kRobotsUnreachable, Outcome::kCrashedFetcher}) {
    CHECK_FALSE(with([&](PageResult& r) { r.transfer.outcome = outcome; }));
  }
  CHECK_FALSE(with([](PageResult& r) { r.robots_directives = 16; }));
  CHECK_FALSE(with([](PageResult& r) { r.links[0].priority = 101; }));
  for (int64_t PageResult::*time : {&PageResult::published_at_ms, &PageResult::modified_at_ms,
                                    &PageResult::unavailable_after_ms}) {
    CHECK_FALSE(with([&](PageResult& r) { r.*time = -1; }));
  }
  CHECK_FALSE(with([](PageResult& r) { r.links[0].modified_at_ms = -1; }));
  CHECK_FALSE(with([](PageResult& r) { r.transfer.retry_after_ms = -2; }));
  CHECK(with([](PageResult& r) { r.transfer.retry_after_ms = -1; }));
  std::string bytes = encoded_sample<FetchJob>();
  const size_t allow_private = 1 + 8 + 1 + 4 + std::string_view("http://h/robots.txt").size();
  REQUIRE(bytes[allow_private] == 1);
  bytes[allow_private] = 2;  // a flag is 0 or 1
  CHECK_FALSE(decodes<FetchJob>(bytes));
}

TEST_CASE("messages: a text over its own limit is refused, at the limit it is taken",
          "[messages][hostile]") {
  const std::string limit(kMetaBytesMax, 'x');
  const std::string over(kMetaBytesMax + 1, 'x');
  CHECK(decodes<Log>(encoded(Log{limit})));
  CHECK_FALSE(decodes<Log>(encoded(Log{over})));
  FetchJob job;
  job.lease = 1;
  job.headers.assign(kJobHeadersMax, Header{"X: y"});
  CHECK(decodes<FetchJob>(encoded(job)));
  job.headers.push_back({"X: y"});
  CHECK_FALSE(decodes<FetchJob>(encoded(job)));
}

TEST_CASE("messages: a lying count is refused before anything is allocated for it",
          "[messages][hostile]") {
  std::vector<PageLink> links;
  std::string bytes(4, '\0');
  for (const uint32_t lie : {1U, 20'000U, 20'001U, 0x7fffffffU, 0xffffffffU}) {
    CAPTURE(lie);
    put_u32(bytes, 0, lie);
    Decoder decoder(bytes);
    decoder.list(links, kLinksMax);
    CHECK_FALSE(decoder.finished());
    CHECK(links.capacity() == 0);
  }
  // Enough bytes for the count, too few for the elements: refused, with no more than the count's
  // room.
  bytes = std::string(4 + 100, '\0');
  put_u32(bytes, 0, 100);
  Decoder decoder(bytes);
  decoder.list(links, kLinksMax);
  CHECK_FALSE(decoder.finished());
  CHECK(links.capacity() <= 100);
}

}  // namespace crawl
