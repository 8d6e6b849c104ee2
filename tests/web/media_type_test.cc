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

TEST_CASE("media_type: code, data and everything that is no text is not kept", "[media_type]") {
  for (const char* type : {"",
                           "text/css",
                           "text/javascript",
                           "text/ecmascript",
                           "text/x-javascript",
                           "text/javascript1.5",
                           "text/calendar",
                           "text/vcard",
                           "text/rtf",
                           "text/xml",
                           "text/json",
                           "text/event-stream",
                           "text/x-thing+xml",
                           "application/json",
                           "application/xml",
                           "application/pdf",
                           "image/png",
                           "image/svg+xml",
                           "application/octet-stream",
                           "video/mp4",
                           "textual/plain",
                           "text"}) {
    CAPTURE(type);
    CHECK(content_class(type) == ContentClass::kUnsupported);
  }
}

// MIME Sniffing Standard §7.1
TEST_CASE("media_type: bytes that begin with a tag of HTML are HTML", "[media_type]") {
  for (const char* bytes :
       {"<!DOCTYPE html>", "<!doctype HTML PUBLIC", "  \n\t<html>", "<HEAD >", "<script >",
        "<iframe >", "<h1>", "<div ", "<font ", "<table>", "<a href=x>", "<style>", "<title>",
        "<b>", "<body>", "<br>", "<p>", "<!-- comment -->", "\xEF\xBB\xBF<html>"}) {
    CAPTURE(bytes);
    CHECK(sniff_essence(bytes) == "text/html");
  }
}

TEST_CASE("media_type: a tag must end to be one", "[media_type]") {
  for (const char* bytes : {"<html", "<htmlx>", "<p\n>", "<abbr>", "<pre>", "html>", "x<html>"}) {
    CAPTURE(bytes);
    CHECK(sniff_essence(bytes) == "text/plain");
  }
}

TEST_CASE("media_type: bytes without binary data are plain text", "[media_type]") {
  CHECK(sniff_essence("") == "text/plain");
  CHECK(sniff_essence("hello\n\tworld\x1b\f\r") == "text/plain");
  CHECK(sniff_essence("gr\xfc\xdf") == "text/plain");
  CHECK(sniff_essence(std::string_view("\xFF\xFEh\0i\0", 6)) == "text/plain");
  CHECK(sniff_essence(std::string_view("\xFE\xFF\0h\0i", 6)) == "text/plain");
}

TEST_CASE("media_type: binary data and known formats are not text", "[media_type]") {
  CHECK(sniff_essence(std::string_view("a\0b", 3)) == "application/octet-stream");
  CHECK(sniff_essence("\x89PNG\r\n\x1a\n") == "application/octet-stream");
  CHECK(sniff_essence("PK\x03\x04") == "application/octet-stream");
  CHECK(sniff_essence("%PDF-1.7") == "application/octet-stream");
  CHECK(sniff_essence("GIF89a") == "application/octet-stream");
  CHECK(sniff_essence("<?xml version=\"1.0\"?>") == "application/octet-stream");
}

TEST_CASE("media_type: only the first 1445 bytes are looked at", "[media_type]") {
  CHECK(sniff_essence(std::string(1445, 'a') + '\x01') == "text/plain");
  CHECK(sniff_essence(std::string(1444, 'a') + '\x01') == "application/octet-stream");
}

}  // namespace
}  // namespace crawl
