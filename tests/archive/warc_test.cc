// SPDX-License-Identifier: MIT
#include "archive/warc_record.h"

#include "archive/cdxj.h"
#include "archive/digest.h"
#include "archive/http_head.h"
#include "tests/support/catch.h"

using namespace crawl;

// RFC 4648 §10, RFC 3174 §7.3
TEST_CASE("digest: labels as archives write them", "[archive]") {
  CHECK(encode_base32("fooba") == "MZXW6YTB");
  CHECK(sha1_label({""}) == "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ");
  CHECK(sha1_label({"abc"}) == "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5");
  CHECK(sha1_label({"a", "", "bc"}) == sha1_label({"abc"}));
}

TEST_CASE("warc record: the header says how long the block is, and what it digests to",
          "[archive]") {
  WarcRecord record;
  record.type = "response";
  record.id = "<urn:uuid:1>";
  record.date_ms = 1'700'000'000'123;
  record.fields = {{"WARC-Target-URI", "http://a/"}};
  record.content_type = kHttpResponse;
  record.head = "HTTP/1.1 200 OK\r\n\r\n";
  record.payload = "abc";
  record.digest = PayloadDigest::kOwn;
  CHECK(encode_header(record) ==
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
        "WARC-Date: 2023-11-14T22:13:20.123Z\r\nWARC-Target-URI: http://a/\r\n"
        "WARC-Block-Digest: " +
            sha1_label({"HTTP/1.1 200 OK\r\n\r\nabc"}) +
            "\r\nWARC-Payload-Digest: sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5\r\n"
            "Content-Type: application/http;msgtype=response\r\nContent-Length: 22\r\n\r\n");
}

TEST_CASE("warc record: no value ends its line", "[archive]") {
  WarcRecord record;
  record.type = "metadata";
  record.id = new_record_id();
  record.fields = {{"WARC-Target-URI", std::string("http://a/\r\nWARC-Type: x\0\x7F", 25)}};
  CHECK(encode_header(record).find("WARC-Target-URI: http://a/  WARC-Type: x  \r\n") !=
        std::string::npos);
}

TEST_CASE("warc record: each has an id of its own, of version 4", "[archive]") {
  const std::string id = new_record_id();
  CHECK(id != new_record_id());
  CHECK(id.size() == 47);
  CHECK(id[24] == '4');
  CHECK(std::string("89ab").find(id[29]) != std::string::npos);
}

TEST_CASE("http head: fields that are wrong for a decoded body are kept under other names",
          "[archive]") {
  CHECK(archived_head(200, "Content-Type: text/html\r\nContent-Length: 3", 3) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n");
  CHECK(archived_head(200,
                      "content-length: 20\r\nCONTENT-ENCODING: gzip\r\nTransfer-Encoding : chunked",
                      3) ==
        "HTTP/1.1 200 OK\r\nx-orig-content-length: 20\r\nx-orig-CONTENT-ENCODING: gzip\r\n"
        "x-orig-Transfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\n");
  CHECK(archived_head(599, "", 0) == "HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n");
  // A second one is one too many, even where both are right.
  CHECK(archived_head(200, "Content-Length: 3\nContent-Length: 3", 3) ==
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nx-orig-Content-Length: 3\r\n\r\n");
}

TEST_CASE("http head: nothing in the stored lines ends the head early", "[archive]") {
  const std::string head = archived_head(
      200, std::string_view("A: 1\r\n\r\nB: 2\n\nC: \r x\0y\r\n  folded\r\n\t\r\nD", 38), 0);
  CHECK(
      head ==
      "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC:   x y\r\n  folded\r\nD\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("http head: the type that it says", "[archive]") {
  CHECK(type_in_head("HTTP/1.1 200 OK\r\nCONTENT-Type:  Text/HTML ; charset=x\r\n\r\n") ==
        "Text/HTML");
  CHECK(type_in_head("HTTP/1.1 200 OK\r\nContent-Type:\r\n\r\n").empty());
  CHECK(type_in_head("HTTP/1.1 200 OK\r\n\r\n").empty());
}

TEST_CASE("cdxj: keys sort a host's URLs together", "[archive]") {
  CHECK(surt("http://www.example.com/B?b&a") == "com,example)/b?a&b");
  CHECK(surt("https://www2.example.co.uk:8080/") == "uk,co,example:8080)/");
  CHECK(surt("http://www.com/") == "com)/");
  CHECK(surt("http://www/") == "www)/");
  CHECK(surt("http://wwwx.com/") == "com,wwwx)/");
  CHECK(surt("http://a/?") == "a)/");
  CHECK(surt("http://[::1]:81/x") == "[::1]:81)/x");
  CHECK(surt("mailto:A@b") == "mailto:A@b");
}

TEST_CASE("cdxj: a line, whose texts are escaped", "[archive]") {
  CdxjEntry entry;
  entry.url = "http://a/";
  entry.date_ms = 1'700'000'000'123;
  entry.mime = "te\"xt/h\ntml";
  entry.status = "200";
  entry.digest = "sha1:ABC";
  entry.file = "x.warc.gz";
  entry.offset = 12;
  entry.length = 34;
  CHECK(cdxj_line(entry) ==
        "a)/ 20231114221320 {\"url\": \"http://a/\", \"mime\": \"te\\\"xt/h\\ntml\", \"status\": "
        "\"200\", \"digest\": \"ABC\", \"length\": \"34\", \"offset\": \"12\", \"filename\": "
        "\"x.warc.gz\"}");
}
