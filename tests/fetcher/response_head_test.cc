// SPDX-License-Identifier: MIT
#include "fetcher/response_head.h"

#include <string>
#include <vector>

#include "fetcher/ascii.h"
#include "fetcher/text_bounds.h"
#include "tests/support/catch.h"

using crawl::ResponseHead;

namespace {

ResponseHead::Problem feed(ResponseHead& head, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    const auto problem = head.add_line(line + "\r\n");
    if (problem != ResponseHead::Problem::kNone) return problem;
  }
  return ResponseHead::Problem::kNone;
}

}  // namespace

// RFC 9110 §5.1, RFC 9112 §5.2
TEST_CASE("response head: names have no case, values no margins, folded lines are one field",
          "[response_head]") {
  ResponseHead head;
  feed(head, {"HTTP/1.1 200 OK", "X-One: \t a ", "x-ONE:b", "X-Folded: first", "  second",
              "X-Robots-Tag: noindex", "no colon here", ""});
  REQUIRE(head.complete());
  CHECK(head.status() == 200);
  CHECK(head.value("x-one") == "a");
  CHECK(head.joined_values("x-one") == "a, b");
  CHECK(head.value("x-folded") == "first    second");
  CHECK(head.value("x-robots-tag") == "noindex");
  CHECK(head.value("absent").empty());
}

// RFC 9112 §2.2
TEST_CASE("response head: white space before the first field makes no field", "[response_head]") {
  ResponseHead head;
  CHECK(feed(head, {"HTTP/1.1 200 OK", "\tContent-Type: image/png", " Content-Length: 7",
                    "Content-Length: 5", ""}) == ResponseHead::Problem::kNone);
  CHECK(head.value("content-type").empty());
  CHECK(head.announced_length() == 5);
  CHECK(head.lines() == "Content-Length: 5");
}

// RFC 9112 §6.3
TEST_CASE("response head: equal lengths agree, others do not", "[response_head]") {
  ResponseHead same, different, both;
  CHECK(feed(same, {"HTTP/1.1 200", "Content-Length: 5, 5", "Content-Length: 5", ""}) ==
        ResponseHead::Problem::kNone);
  CHECK(same.announced_length() == 5);
  CHECK(feed(different, {"HTTP/1.1 200", "Content-Length: 5", "Content-Length: 6", ""}) ==
        ResponseHead::Problem::kConflictingLengths);
  CHECK(feed(both, {"HTTP/1.1 200", "Content-Length: 5", "Transfer-Encoding: chunked", ""}) ==
        ResponseHead::Problem::kConflictingLengths);
}

TEST_CASE("response head: codings are counted over all fields", "[response_head]") {
  ResponseHead two, three, brotli, both;
  CHECK(feed(two, {"HTTP/1.1 200", "Content-Encoding: gzip, identity", "Content-Encoding: deflate",
                   ""}) == ResponseHead::Problem::kNone);
  CHECK(feed(three, {"HTTP/1.1 200", "Content-Encoding: gzip,, a", "Content-Encoding: b", ""}) ==
        ResponseHead::Problem::kTooManyCodings);
  CHECK(feed(brotli, {"HTTP/1.1 200", "Content-Encoding: br, identity", ""}) ==
        ResponseHead::Problem::kNone);
  CHECK(feed(both, {"HTTP/1.1 200", "Content-Encoding: gzip, BR", ""}) ==
        ResponseHead::Problem::kTooManyCodings);
}

TEST_CASE("response_head: values can be told apart", "[response_head]") {
  ResponseHead head;
  for (const char* line : {"HTTP/1.1 200 OK", "X: a, b", "Y: z", "x: c", ""}) head.add_line(line);
  CHECK(head.joined_values("x") == "a, b, c");
  CHECK(head.joined_values("x", "\n") == "a, b\nc");
}

TEST_CASE("text bounds: a cut never splits a character, and what is left is UTF-8",
          "[text_bounds]") {
  CHECK(crawl::utf8_prefix("a\xC3\xA4z", 2) == "a");
  CHECK(crawl::utf8_prefix("a\xC3\xA4z", 3) == "a\xC3\xA4");
  CHECK(crawl::utf8_prefix("a\xF0\x9F\x98\x80", 4) == "a");
  CHECK(crawl::bounded_text("a\xFFz", 100) == "a\xEF\xBF\xBDz");
  CHECK(crawl::bounded_text("a\xFFz", 3) == "a");
  CHECK(crawl::bounded_line("one\r\ntwo\x1b\n", 100) == "one  two");
}
