// SPDX-License-Identifier: MIT
#include "web/host.h"

#include <fstream>
#include <iostream>
#include <string>

#include "tests/support/catch.h"
#include "tests/web/conformance.h"
#include "web/punycode.h"
#include "web/url.h"

namespace crawl {
namespace {

std::string host_of(std::string_view input) {
  const Result<std::string> host = parse_special_host(input);
  return host ? *host : "failure";
}

std::string opaque_host_of(std::string_view input) {
  const Result<std::string> host = parse_opaque_host(input);
  return host ? *host : "failure";
}

std::string ascii_of(std::string_view input, bool be_strict = false) {
  const Result<std::string> ascii = domain_to_ascii(input, be_strict);
  return ascii ? *ascii : "failure";
}

bool is_public(std::string_view text) {
  CAPTURE(std::string(text));
  const std::optional<IpAddress> address = IpAddress::parse(text);
  REQUIRE(address);
  return is_public_address(*address);
}

// The characters that would end a host are percent-encoded, as the data's own harness does.
std::string as_url(const std::string& domain) {
  std::string host;
  for (const char c : domain) {
    switch (c) {
      case ':':
        host += "%3A";
        break;
      case '/':
        host += "%2F";
        break;
      case '?':
        host += "%3F";
        break;
      case '#':
        host += "%23";
        break;
      case '\\':
        host += "%5C";
        break;
      default:
        host += c;
    }
  }
  return "https://" + host + "/x";
}

void run_idna_tests(const std::string& file, int all_at_least) {
  const auto data = conformance_data(file);
  if (!data) return;
  int passed = 0;
  int all = 0;
  for (const nlohmann::json& test : *data) {
    if (!test.is_object() || test.at("input") == "") continue;  // an empty host has its own tests
    ++all;
    const std::string input = test.at("input");
    const std::string expected =
        test.at("output").is_null() ? "failure" : test.at("output").get<std::string>();
    const Result<Url> url = Url::parse(as_url(input));
    const std::string host = url ? std::string(url->host()) : "failure";
    const bool pass = ascii_of(input) == expected && host == expected;
    if (pass) ++passed;
    CAPTURE(test.dump(), host, ascii_of(input));
    CHECK(pass);
  }
  std::cout << file << ": " << passed << " of " << all << "\n";
  CHECK(all > all_at_least);
}

}  // namespace

TEST_CASE("host: the web platform's toascii tests pass", "[host]") {
  run_idna_tests("toascii.json", 60);
}

TEST_CASE("host: Unicode's IDNA tests pass", "[host]") { run_idna_tests("IdnaTestV2.json", 1000); }

// §3.5 "host parser"
TEST_CASE("host: names are percent-decoded, mapped and lower-cased", "[host]") {
  CHECK(host_of("EXAMPLE.com") == "example.com");
  CHECK(host_of("ex%61mple%2Ecom") == "example.com");
  CHECK(host_of("bücher.de") == "xn--bcher-kva.de");
  CHECK(host_of("faß.example") == "xn--fa-hia.example");
  CHECK(host_of("ｅｘ．com") == "ex.com");
  CHECK(host_of("a..b") == "a..b");
  CHECK(host_of("-a_b-.c") == "-a_b-.c");
}

// UTS 46 §4 and §4.1; an ASCII name is not looked into, any other is.
TEST_CASE("host: encoded labels beside a non-ASCII one must be valid", "[host]") {
  CHECK(host_of("xn--fa-hia.ß") == "xn--fa-hia.xn--zca");
  CHECK(host_of("XN--A.com") == "xn--a.com");
  for (const char* bad : {"xn--a.ß", "xn--.ß", "xn--abc-.ß", "xn--xn---epa.ß", "xn--8i7caa.ß"}) {
    CAPTURE(bad);
    CHECK(host_of(bad) == "failure");
  }
}

// UTS 46 with the tables of Unicode 17, whatever the installed ICU has
TEST_CASE("host: characters newer than the installed ICU are taken", "[host]") {
  // A CJK ideograph, alone, with capital letters, with a character to be normalised; a capital
  // Garay letter, and Sidetic ones with a digit and with themselves.
  CHECK(host_of("\U000323B0") == "xn--031o");
  CHECK(host_of("www.A\U000323B0.Com") == "www.xn--a-sy94a.com");
  CHECK(host_of("\U0002EBF0e\u0301") == "xn--9ca19539a");
  CHECK(host_of("\U00010D50") == "xn--dh0d");
  CHECK(host_of("\U00010940\u0661") == "xn--9hb5563k");
  CHECK(host_of("x\U0001CC00") == "xn--x-4b6q");
  CHECK(host_of("\U0001CCD6\U0001CCF0") == "a0");
  CHECK(host_of("\uA000\U000323B0\uA000") == "xn--wl7aa56450c");  // its own stand-in around it
  // Encoded beside one that is not
  CHECK(host_of("xn--031o.ß") == "xn--031o.xn--zca");
  CHECK(domain_to_unicode("xn--031o.com") == "\U000323B0.com");
  CHECK(domain_to_unicode("xn--dh0d.de") == "\U00010D70.de");
}

TEST_CASE("host: characters newer than the installed ICU are judged", "[host]") {
  // Left and right in one label (RFC 5893 §2), a capital letter and a composition that were
  // encoded, one not assigned yet, one that is disallowed, a mark at the beginning.
  for (const char* bad : {"\U00010940a", "a\U00010940", "xn--a-6w4i.ß", "xn--gg0d.ß", "\U0003E8AC",
                          "\U0000FFFD\U000323B0", "\u0301\U000323B0", "xn--xn---epa.\U000323B0"}) {
    CAPTURE(bad);
    CHECK(host_of(bad) == "failure");
  }
  CHECK(domain_to_unicode("xn--a-6w4i.com") == "xn--a-6w4i.com");
  std::string label;
  for (int i = 0; i < 40; ++i) label += "\U000323B0\U00033479";
  CHECK(ascii_of(label, true) == "failure");
  CHECK(host_of(label).starts_with("xn--"));
}

TEST_CASE("host: forbidden characters and empty names are failures", "[host]") {
  for (const char* bad : {"", "a b", "a%20b", "a<b", "a%00", "a%zz", "a|b", "a@b", "\xC2\xAD",
                          "a%80", "%EF%BF%BD", "[::1", "[]", "a]"}) {
    CAPTURE(bad);
    CHECK(host_of(bad) == "failure");
  }
}

TEST_CASE("host: IPv4 addresses are read in all their spellings", "[host]") {
  CHECK(host_of("127.0.0.1") == "127.0.0.1");
  CHECK(host_of("0x7f.1") == "127.0.0.1");
  CHECK(host_of("0177.0.0.01") == "127.0.0.1");
  CHECK(host_of("2130706433") == "127.0.0.1");
  CHECK(host_of("1.2.3.4.") == "1.2.3.4");
  CHECK(host_of("0x") == "0.0.0.0");
  CHECK(host_of("１２７.０.０.１") == "127.0.0.1");
  CHECK(host_of("4294967295") == "255.255.255.255");
  for (const char* bad : {"4294967296", "1.2.3.256", "1.2.3.4.5", "a.1", "09", "1..2", "0xg.1",
                          "99999999999999999999", "a.0x"}) {
    CAPTURE(bad);
    CHECK(host_of(bad) == "failure");
  }
  CHECK(host_of("1.2.3.4.com") == "1.2.3.4.com");
  CHECK(host_of("0xg") == "0xg");
}

TEST_CASE("host: IPv6 addresses are compressed by RFC 5952", "[host]") {
  CHECK(host_of("[1:0:0:2:0:0:0:3]") == "[1:0:0:2::3]");
  CHECK(host_of("[0:f:0:0:f:f:0:0]") == "[0:f::f:f:0:0]");
  CHECK(host_of("[::ffff:1.2.3.4]") == "[::ffff:102:304]");
  CHECK(host_of("[1:2:3:4:5:6:7::]") == "[1:2:3:4:5:6:7:0]");
  CHECK(host_of("[FFFF::]") == "[ffff::]");
  for (const char* bad :
       {"[1]", "[:1]", "[1:::2]", "[::1::]", "[12345::]", "[::1.2.3]", "[::1.2.3.04]",
        "[1:2:3:4:5:6:7:8:9]", "[1:2:3:4:5:6:7:1.2.3.4]", "[::1%25eth0]", "[::1:]"}) {
    CAPTURE(bad);
    CHECK(host_of(bad) == "failure");
  }
}

TEST_CASE("host: opaque hosts are only percent-encoded", "[host]") {
  CHECK(opaque_host_of("EX%41mple") == "EX%41mple");
  CHECK(opaque_host_of("ñ") == "%C3%B1");
  CHECK(opaque_host_of("") == "");
  CHECK(opaque_host_of("[0::1]") == "[::1]");
  CHECK(opaque_host_of("a b") == "failure");
}

TEST_CASE("host: strict conversion also checks lengths, hyphens and letters", "[host]") {
  CHECK(ascii_of("bücher.de", true) == "xn--bcher-kva.de");
  for (const char* bad : {"a_b.com", "-a.com", "a..b", "xn--a", "xn--", "xn--abc-", ""}) {
    CAPTURE(bad);
    CHECK(ascii_of(bad, true) == "failure");
  }
  CHECK(ascii_of(std::string(64, 'a') + ".com", true) == "failure");
}

TEST_CASE("host: a non-ASCII name of many kilobytes is refused at once", "[host]") {
  std::string name;
  for (int i = 0; i < 100'000; ++i) name += "ü";
  CHECK(ascii_of(name) == "failure");
}

TEST_CASE("host: ASCII names are shown in Unicode where they are valid", "[host]") {
  CHECK(domain_to_unicode("xn--bcher-kva.de") == "bücher.de");
  CHECK(domain_to_unicode("www.xn--fa-hia.example") == "www.faß.example");
  CHECK(domain_to_unicode("plain.example") == "plain.example");
  CHECK(domain_to_unicode("xn--8i7caa") == "xn--8i7caa");  // would read as "www" in wide letters
  CHECK(domain_to_unicode("xn--a") == "xn--a");
  CHECK(domain_to_unicode("xn--abc-") == "xn--abc-");
  // A label of a thousand "ä" could not be encoded again.
  const std::string long_label = "xn--" + punycode_encode(std::u32string(1'200, U'\u00E4'));
  CHECK(domain_to_unicode(long_label) == long_label);
  CHECK(domain_to_unicode("xn--xn---epa") == "xn--xn---epa");  // "é" encoded twice over
}

TEST_CASE("host: addresses are parsed and written", "[host]") {
  CHECK(IpAddress::parse("127.0.0.1")->text() == "127.0.0.1");
  CHECK(IpAddress::parse("127.0.0.1")->family == 4);
  CHECK(IpAddress::parse("[::1]")->text() == "::1");
  CHECK(IpAddress::parse("2001:DB8::1")->text() == "2001:db8::1");
  CHECK(IpAddress::parse("2001:db8::1")->family == 6);
  for (const char* name : {"", "example.com", "0x7f.1", "127.1", "127.0.0.1.", "01.2.3.4",
                           "[1.2.3.4]", "1.2.3.4.5", "::g", "[]"}) {
    CAPTURE(name);
    CHECK_FALSE(IpAddress::parse(name));
  }
}

// IANA IPv4 Special-Purpose Address Registry
TEST_CASE("host: special-purpose IPv4 addresses are not public", "[host]") {
  for (const char* inside :
       {"0.0.0.0",         "0.1.2.3",         "10.0.0.1",        "10.255.255.255",  "100.64.0.1",
        "100.127.255.255", "127.0.0.1",       "127.255.255.254", "169.254.169.254", "172.16.0.1",
        "172.31.255.255",  "192.0.0.1",       "192.0.0.170",     "192.0.2.1",       "192.88.99.1",
        "192.168.1.1",     "198.18.0.1",      "198.19.255.255",  "198.51.100.7",    "203.0.113.9",
        "224.0.0.1",       "239.255.255.255", "240.0.0.1",       "255.255.255.255"}) {
    CHECK_FALSE(is_public(inside));
  }
  for (const char* outside : {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
                              "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.255.255",
                              "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255",
                              "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"}) {
    CHECK(is_public(outside));
  }
}

// IANA IPv6 Special-Purpose Address Registry
TEST_CASE("host: special-purpose IPv6 addresses are not public", "[host]") {
  for (const char* inside : {"::", "::1", "100::1", "64:ff9b:1::808:808", "2001:2::1", "2001:10::1",
                             "2001:20::1", "2001:db8::1", "3fff::1", "3fff:fff::1", "5f00::1",
                             "fc00::1", "fd12::1", "fe80::1", "fec0::1", "ff02::1", "4000::1"}) {
    CHECK_FALSE(is_public(inside));
  }
  for (const char* outside : {"2606:4700:4700::1111", "2a00:1450:4001::8a", "2001:4860:4860::8888",
                              "3ffe::1", "2001:200::1", "3fff:1000::1"}) {
    CHECK(is_public(outside));
  }
}

TEST_CASE("host: an IPv4 address inside an IPv6 address decides", "[host]") {
  // mapped, NAT64, 6to4, Teredo (server, and client with inverted bits)
  for (const char* inside :
       {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:7f00:1::f7f7:f7f7",
        "2001:0:808:808::80ff:fffe", "::127.0.0.1", "::10.0.0.1"}) {
    CHECK_FALSE(is_public(inside));
  }
  for (const char* outside :
       {"::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2001:0:808:808::f7f7:f7f7"}) {
    CHECK(is_public(outside));
  }
  CHECK_FALSE(is_public("::8.8.8.8"));  // IPv4-compatible: deprecated, routed nowhere
}

TEST_CASE("host: localhost and what is below it", "[host]") {
  for (const auto* here : {"localhost", "localhost.", "a.localhost", "a.b.localhost."}) {
    CHECK(is_localhost(here));
  }
  for (const auto* elsewhere : {"notlocalhost", "localhost.example", "localhost..", "", "."}) {
    CHECK_FALSE(is_localhost(elsewhere));
  }
}

TEST_CASE("host: names that say they are private are known", "[host]") {
  for (const char* inside :
       {"localhost", "localhost.", "a.localhost", "printer", "nas.local", "x.localdomain", "r.lan",
        "db.internal", "wiki.intranet", "hub.home.arpa", "a.test", "127.0.0.1", "[::1]", "10.1.2.3",
        "[fe80::1]", "169.254.169.254"}) {
    CAPTURE(inside);
    CHECK(is_private_host_name(inside));
  }
  for (const char* outside : {"example.com", "example.com.", "notlocal.com", "local.com",
                              "mylan.org", "evil-home.arpa", "8.8.8.8", "[2606:4700::1111]"}) {
    CAPTURE(outside);
    CHECK_FALSE(is_private_host_name(outside));
  }
}

// publicsuffix.org/list: one `checkPublicSuffix('host', 'registrable domain');` per line
TEST_CASE("host: the public suffix list's tests pass", "[host]") {
  std::ifstream file(conformance_path("public-suffix.txt"));
  if (!file) {
    WARN("skipped: no " << conformance_path("public-suffix.txt"));
    return;
  }
  int passed = 0;
  int all = 0;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("checkPublicSuffix('")) continue;  // comments, and the absent host
    ++all;
    const std::string host = line.substr(19, line.find('\'', 19) - 19);
    const size_t second = line.find(", ") + 2;
    // Where there is none, the host itself is what we count by.
    const std::string expected =
        line[second] == '\'' ? line.substr(second + 1, line.rfind('\'') - second - 1) : host;
    CAPTURE(line);
    const std::string actual = registrable_domain(ascii_of(host));
    CHECK(actual == ascii_of(expected));
    passed += actual == ascii_of(expected) ? 1 : 0;
  }
  std::cout << "public-suffix.txt: " << passed << " of " << all << "\n";
  CHECK(all > 70);
}

TEST_CASE("host: below a public suffix names belong to different people", "[host]") {
  for (const char* suffix : {"com", "co.uk", "github.io", "CO.UK.", "xn--p1ai"}) {
    CAPTURE(suffix);
    CHECK(crawl::is_public_suffix(crawl::parse_special_host(suffix).value()));
  }
  for (const char* host : {"example.com", "example.co.uk", "127.0.0.1", "[::1]", ""}) {
    CAPTURE(host);
    CHECK_FALSE(crawl::is_public_suffix(host));
  }
}

TEST_CASE("host: the registrable domain is one label below the public suffix", "[host]") {
  CHECK(registrable_domain("www.example.com") == "example.com");
  CHECK(registrable_domain("a.b.example.co.uk") == "example.co.uk");
  CHECK(registrable_domain("example.com") == "example.com");
  CHECK(registrable_domain("me.github.io") == "me.github.io");
  CHECK(registrable_domain("www.example.com.") == "example.com.");
  CHECK(registrable_domain("co.uk") == "co.uk");
  CHECK(registrable_domain("localhost") == "localhost");
  CHECK(registrable_domain("192.168.1.1") == "192.168.1.1");
  CHECK(registrable_domain("[2001:db8::1]") == "[2001:db8::1]");
  CHECK(registrable_domain("a.b.xn--p1ai") == "b.xn--p1ai");
}

}  // namespace crawl
