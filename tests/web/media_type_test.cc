// SPDX-License-Identifier: MIT
#include "web/media_type.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string essence(std::string_view value) { return parse_media_type(value).essence; }
std::string charset(std::string_view value) { return parse_media_type(value).charset; }

// MIME Sniffing Standard §4.4
TEST_CASE("media_type: the essence is type and subtype in lower case", "[media_type]") {
  CHECK(essence("text/html") == "text/html");
  CHECK(essence("TEXT/HTML;charset=x") == "text/html");
  CHECK(essence(" \t\r\ntext/html \t; charset=x ") == "text/html");
  CHECK(essence("application/xhtml+xml") == "application/xhtml+xml");
}

TEST_CASE("media_type: what is not a type has no essence and no charset", "[media_type]") {
  for (const char* value :
       {"", " ", "text", "text/", "/html", "text html", "te xt/html", "text/ht ml", "text//html",
        ";charset=utf-8", "text;charset=utf-8", "\"text\"/html", "text/\xc3\xa4"}) {
    CAPTURE(value);
    CHECK(essence(value).empty());
    CHECK(charset(value).empty());
  }
}

TEST_CASE("media_type: the charset parameter comes unquoted and as written", "[media_type]") {
  CHECK(charset("text/html;charset=UTF-8") == "UTF-8");
  CHECK(charset("text/html; charset=utf-8") == "utf-8");
  CHECK(charset("text/html; CHARSET=utf-8 ") == "utf-8");
  CHECK(charset("text/html; charset=\"utf-8\"") == "utf-8");
  CHECK(charset("text/html; charset=\"ut\\f-8\"") == "utf-8");
  CHECK(charset("text/html; charset=\"utf-8") == "utf-8");
  CHECK(charset("text/html; charset=\"a;b\"; x=y") == "a;b");
  CHECK(charset("text/html; charset=\"a\"junk; x=y") == "a");
  CHECK(charset("text/html; boundary=x; charset=utf-8") == "utf-8");
  CHECK(charset("text/html;;;; charset=utf-8") == "utf-8");
  CHECK(charset("text/html; charset='utf-8'") == "'utf-8'");
}

TEST_CASE("media_type: the first charset counts, one without a value does not", "[media_type]") {
  CHECK(charset("text/html; charset=a; charset=b") == "a");
  CHECK(charset("text/html; charset=; charset=b") == "b");
  CHECK(charset("text/html; charset; charset=b") == "b");
  CHECK(charset("text/html; charset =a; charset=b") == "b");
  CHECK(charset("text/html; charset=\x01; charset=b") == "b");
  CHECK(charset("text/html; xcharset=a").empty());
}

// Fetch Standard §2.2 "extract a MIME type"
TEST_CASE("media_type: of several values the last usable one counts", "[media_type]") {
  CHECK(essence("text/plain, text/html") == "text/html");
  CHECK(essence("text/html, */*") == "text/html");
  CHECK(essence("text/html, nonsense") == "text/html");
  CHECK(charset("text/html;charset=gbk, text/html") == "gbk");
  CHECK(charset("text/html;charset=gbk, text/plain").empty());
  CHECK(charset("text/html;charset=gbk, text/plain, text/html").empty());
  CHECK(charset("text/html;charset=a, text/html;charset=b") == "b");
  CHECK(charset("text/html;charset=\"a,b\"") == "a,b");
}

TEST_CASE("media_type: HTML and XHTML are parsed", "[media_type]") {
  CHECK(content_class("text/html") == ContentClass::kHtml);
  CHECK(content_class("application/xhtml+xml") == ContentClass::kHtml);
}

TEST_CASE("media_type: text that people read is kept", "[media_type]") {
  for (const char* type :
       {"text/plain", "text/markdown", "text/csv", "text/x-rst", "text/vnd.unknown", "text/x-c"}) {
    CAPTURE(type);
    CHECK(content_class(type) == ContentClass::kText);
  }
}

TEST_CASE("media_type: code, data and everything that is no text is not read", "[media_type]") {
  for (const char* type :
       {"", "text/javascript", "text/ecmascript", "text/x-javascript", "text/javascript1.5",
        "text/calendar", "text/vcard", "text/rtf", "text/json", "text/x-thing+json",
        "text/event-stream", "application/json", "application/pdf", "application/zip", "image/png",
        "application/octet-stream", "video/mp4", "textual/plain", "text"}) {
    CAPTURE(type);
    CHECK(content_class(type) == ContentClass::kUnsupported);
  }
}

// MIME Sniffing Standard §4.6
TEST_CASE("media_type: XML types may be sitemaps and feeds", "[media_type]") {
  for (const char* type : {"application/xml", "text/xml", "application/rss+xml",
                           "application/atom+xml", "application/rdf+xml", "image/svg+xml"}) {
    CAPTURE(type);
    CHECK(content_class(type) == ContentClass::kXml);
  }
}

TEST_CASE("media_type: style sheets and gzip files have classes of their own", "[media_type]") {
  CHECK(content_class("text/css") == ContentClass::kCss);
  CHECK(content_class("application/gzip") == ContentClass::kGzip);
  CHECK(content_class("application/x-gzip") == ContentClass::kGzip);
}

TEST_CASE("media_type: a list names types, groups of types, or all", "[media_type]") {
  CHECK(matches_type_list("image/png", "image/*"));
  CHECK(matches_type_list("image/png", "application/pdf \t IMAGE/PNG"));
  CHECK(matches_type_list("application/pdf", "image/* application/pdf"));
  CHECK(matches_type_list("a/b", "*/*"));
  CHECK_FALSE(matches_type_list("application/pdf", ""));
  CHECK_FALSE(matches_type_list("application/pdf", "image/* application/pd application/pdfx"));
  CHECK_FALSE(matches_type_list("imagex/png", "image/*"));
  CHECK_FALSE(matches_type_list("image/png", "image/ image /* png"));
  CHECK_FALSE(matches_type_list("", "*/*"));
}

}  // namespace
}  // namespace crawl
