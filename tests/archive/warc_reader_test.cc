// SPDX-License-Identifier: MIT
#include "archive/warc_reader.h"

#include <algorithm>

#include "archive/warc_record.h"
#include "tests/archive/file_in_memory.h"
#include "tests/support/catch.h"

using namespace crawl;
using test::bytes_of;

namespace {

std::string record(const std::string& uri, const std::string& payload) {
  WarcRecord made;
  made.type = "response";
  made.id = new_record_id();
  made.date_ms = 1'700'000'000'123;
  made.fields = {{"WARC-Target-URI", uri}};
  made.content_type = kHttpResponse;
  made.payload = payload;
  return encode_header(made) + payload + std::string(kRecordEnd);
}

// What is read: "URI=block", "!" for damage.
std::string all(std::string file, size_t step = 1 << 20) {
  WarcReader reader(bytes_of(std::move(file), step));
  std::string told;
  for (;;) {
    const Result<std::optional<WarcEntry>> entry = reader.next();
    if (!entry) {
      told += "! ";
      continue;
    }
    if (!*entry) return told;
    const Result<std::string> block = reader.block(1'000'000);
    told += (*entry)->target_uri + "=" + (block ? *block : "!") + " ";
  }
}

}  // namespace

TEST_CASE("warc reader: what was written is read back, wherever reads end", "[warc_reader]") {
  const std::string a = record("http://a/", "first");
  const std::string b = record("http://b/", "");
  const std::string c = record("http://c/", "x\r\n\r\nWARC/1.1\r\n\r\n");
  const std::string told = "http://a/=first http://b/= http://c/=x\r\n\r\nWARC/1.1\r\n\r\n ";
  for (const size_t step : {size_t{1}, size_t{100}, size_t{1 << 20}}) {
    CHECK(all(a + b + c, step) == told);
    CHECK(all(gzip_member({a}) + gzip_member({b}) + gzip_member({c}), step) == told);
    CHECK(all(gzip_member({a, b, c}), step) == told);  // not as it should be, but seen
  }
  CHECK(all("").empty());
}

TEST_CASE("warc reader: fields of a record, by whoever wrote it", "[warc_reader]") {
  WarcReader reader(
      bytes_of("WARC/1.0\nwarc-type:  Response\nWARC-Target-URI: <http://a/\n x>\n"
               "WARC-Date: 2016-01-11T23:24:25.412030Z\nWARC-Truncated: length\n"
               "Content-Type: a\nWARC-IP-Address: ::1\nWARC-Refers-To: <u>\nno field\n"
               "Content-Length: 3\n\nabc\n\n"));
  const Result<std::optional<WarcEntry>> entry = reader.next();
  REQUIRE(entry);
  REQUIRE(*entry);
  CHECK((*entry)->type == "response");
  CHECK((*entry)->target_uri == "http://a/ x");
  CHECK((*entry)->date_ms == 1'452'554'665'412);
  CHECK((*entry)->truncated == "length");
  CHECK((*entry)->ip_address == "::1");
  CHECK((*entry)->refers_to == "<u>");
  CHECK((*entry)->length == 3);
  CHECK(*reader.block(2) == "ab");
  CHECK_FALSE(reader.next()->has_value());
}

TEST_CASE("warc reader: damage is passed over", "[warc_reader]") {
  const std::string a = record("http://a/", "first");
  const std::string b = record("http://b/", "second");
  CHECK(all("noise\r\n" + a) == "! http://a/=first ");
  CHECK(all(a + "noise\n" + b) == "http://a/=first ! http://b/=second ");
  CHECK(all(gzip_member({a}) + "noise" + gzip_member({b})) == "http://a/=first http://b/=second ");
  CHECK(all(gzip_member({"noise"}) + gzip_member({b})) == "! http://b/=second ");
  std::string broken = gzip_member({record("http://x/", std::string(500, 'a') + "b")});
  broken[broken.size() - 6] = static_cast<char>(broken[broken.size() - 6] ^ 1);  // its checksum
  CHECK(all(gzip_member({a}) + broken + gzip_member({b})).ends_with("! http://b/=second "));
  // What follows one that is cut off may be lost with it; nothing before it is.
  const std::string cut = all(gzip_member({a}) + broken.substr(0, 60) + gzip_member({b}));
  CHECK(cut.starts_with("http://a/=first "));
  CHECK(cut.find('!') != std::string::npos);
  CHECK(all(a.substr(0, a.size() - 6)) == "http://a/=! ");
  CHECK(all(a.substr(0, 30)) == "! ");
  CHECK(all("GET / HTTP/1.1\r\n\r\n") == "! ");
}

TEST_CASE("warc reader: a length too large hides no other record of a compressed file",
          "[warc_reader]") {
  const auto too_long = [](size_t by) {
    std::string made = record("http://x/", "short");
    const std::string right = "Content-Length: 5\r\n";
    return gzip_member({made.replace(made.find(right), right.size(),
                                     "Content-Length: " + std::to_string(5 + by) + "\r\n")});
  };
  const std::string a = gzip_member({record("http://a/", "first")});
  const std::string b = gzip_member({record("http://b/", "second")});
  for (const size_t by : {size_t{5}, size_t{300}, size_t{1} << 50}) {
    for (const size_t step : {size_t{1}, size_t{1 << 20}}) {
      CHECK(all(a + too_long(by) + b + a, step) ==
            "http://a/=first http://x/=! http://b/=second http://a/=first ");
    }
    // One that is passed over, without a look at its block.
    const std::string bad = too_long(by);
    WarcReader reader(bytes_of(bad + b));
    CHECK((*reader.next())->target_uri == "http://x/");
    const Result<std::optional<WarcEntry>> cut = reader.next();
    REQUIRE_FALSE(cut);
    CHECK(cut.error().context ==
          "a record is cut off by the next, which begins at byte " + std::to_string(bad.size()));
    CHECK((*reader.next())->target_uri == "http://b/");
  }
  // Members that end anywhere are no records.
  const std::string plain = record("http://a/", "first") + record("http://b/", "second");
  std::string blocks;
  for (size_t at = 0; at < plain.size(); at += 7) blocks += gzip_member({plain.substr(at, 7)});
  CHECK(all(blocks) == "http://a/=first http://b/=second ");
}

TEST_CASE("warc reader: a length that is none, or several, is damage", "[warc_reader]") {
  for (const std::string& length :
       {std::string("Content-Length: -1"), std::string("Content-Length: 1x"),
        std::string("Content-Length: 99999999999999999999"), std::string("X: y"),
        std::string("Content-Length: 0\r\nContent-Length: 0")}) {
    CHECK(all("WARC/1.1\r\nWARC-Type: x\r\n" + length + "\r\n\r\n") == "! ");
  }
  CHECK(all("WARC/1.1\r\nContent-Length: 0\r\n\r\n") == "! ");
  CHECK(all("WARC/9.9\r\nWARC-Type: x\r\nContent-Length: 0\r\n\r\n") == "! ");
}

TEST_CASE("warc reader: a header without end does not fill the memory", "[warc_reader]") {
  size_t given = 0;
  WarcReader reader([&given](char* buffer, size_t size) -> Result<size_t> {
    if (given > 10'000'000) return size_t{0};
    std::fill_n(buffer, size, given == 0 ? 'W' : 'x');
    if (given == 0) std::copy_n("WARC/1.1\r\nA: ", 13, buffer);
    given += size;
    return size;
  });
  CHECK_FALSE(reader.next());
  CHECK(given < 300'000);
}
