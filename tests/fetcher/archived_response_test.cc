// SPDX-License-Identifier: MIT
#include "fetcher/archived_response.h"

#include "tests/fetcher/gzip_bomb.h"
#include "tests/support/catch.h"

using namespace crawl;

namespace {

ArchivedResponse read(const std::string& head, const std::string& body, uint64_t max = 1'000) {
  return read_archived_response("HTTP/1.1 200 OK\r\n" + head + "\r\n" + body, max, 200);
}

// "hello" as gzip, zlib and bare deflate write it.
const std::string kGzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00"
    "\x00"
    "\x00",
    25);
const std::string kZlib("\x78\x9c\xcb\x48\xcd\xc9\xc9\x07\x00\x06\x2c\x02\x15", 13);
const std::string kBare("\xcb\x48\xcd\xc9\xc9\x07\x00", 7);

}  // namespace

TEST_CASE("archived response: a head and what is behind it", "[archived_response]") {
  const ArchivedResponse response = read("Content-Type: text/html\r\nX: y\r\n", "a\r\n\r\nb");
  CHECK(response.problem == Outcome::kNone);
  CHECK(response.head.status() == 200);
  CHECK(response.head.lines() == "Content-Type: text/html\r\nX: y");
  CHECK(response.body == "a\r\n\r\nb");
  CHECK(read_archived_response("HTTP/1.0 404 x\n\nbody", 100, 200).body == "body");
}

// RFC 9112 §7.1
TEST_CASE("archived response: chunks are put together", "[archived_response]") {
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  CHECK(read(chunked, "5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nTrailer: x\r\n\r\n").body == "hello!");
  CHECK(read(chunked, "A\r\n0123456789\r\n0\r\n\r\n").body == "0123456789");
  // As far as it goes.
  CHECK(read(chunked, "5\r\nhello\r\n9\r\nbro").body == "hellobro");
  CHECK(read(chunked, "5\r\nhello\r\nxx\r\nbro").body == "hello");
  CHECK(read(chunked, "5\r\nhello\r\nffffffffffffffff\r\nx").body == "hellox");
  // Some write it without, and leave the head as it was.
  CHECK(read(chunked, "<p>hello").body == "<p>hello");
  CHECK(read(chunked, "").body.empty());
  CHECK(read("", "5\r\nhello\r\n0\r\n\r\n").body == "5\r\nhello\r\n0\r\n\r\n");
}

TEST_CASE("archived response: content codings are undone where they are there",
          "[archived_response]") {
  CHECK(read("Content-Encoding: gzip\r\n", kGzip).body == "hello");
  CHECK(read("Content-Encoding: X-GZip, identity\r\n", kGzip).body == "hello");
  CHECK(read("Content-Encoding: deflate\r\n", kZlib).body == "hello");
  CHECK(read("Content-Encoding: deflate\r\n", kBare).body == "hello");
  CHECK(read("Content-Encoding: gzip\r\n", "hello").body == "hello");
  CHECK(read("Content-Encoding: deflate\r\n", "hello").body == "hello");
  CHECK(read("", kGzip).body == kGzip);
  CHECK(read("Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n",
             "19\r\n" + kGzip + "\r\n0\r\n\r\n")
            .body == "hello");
  CHECK(read("Content-Encoding: br\r\n", "x").problem == Outcome::kProtocolError);
  CHECK(read("Content-Encoding: gzip, gzip, gzip\r\n", kGzip).problem == Outcome::kDecodeBomb);
}

TEST_CASE("archived response: limits are those of a fetch", "[archived_response]") {
  const ArchivedResponse large = read("", std::string(2'000, 'x'));
  CHECK(large.truncated);
  CHECK(large.body.size() == 1'000);
  CHECK(large.problem == Outcome::kNone);
  const ArchivedResponse bomb = read_archived_response(
      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip_of_zeros(64), uint64_t{1} << 30,
      100);
  CHECK(bomb.problem == Outcome::kDecodeBomb);
  CHECK(bomb.body.size() < 1'000'000);
  const ArchivedResponse heads = read("A: " + std::string(400'000, 'x') + "\r\n", "");
  CHECK(heads.problem == Outcome::kHeadersTooLarge);
}

TEST_CASE("archived response: what is none", "[archived_response]") {
  CHECK(read_archived_response("", 100, 200).problem == Outcome::kIncomplete);
  CHECK(read_archived_response("HTTP/1.1 200 OK\r\nA: b\r\n", 100, 200).problem ==
        Outcome::kIncomplete);
  CHECK(read_archived_response("noise\r\n\r\n", 100, 200).head.status() == 0);
}

TEST_CASE("archived response: what a status means", "[archived_response]") {
  CHECK(judge_status(0) == Outcome::kProtocolError);
  CHECK(judge_status(200) == Outcome::kOk);
  CHECK(judge_status(304) == Outcome::kHttpError);
  CHECK(judge_status(404) == Outcome::kHttpError);
  CHECK(judge_status(410) == Outcome::kGone);
}
