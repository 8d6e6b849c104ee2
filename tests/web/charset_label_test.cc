// SPDX-License-Identifier: MIT
#include "web/charset_label.h"

#include <string>

#include "tests/support/catch.h"

namespace crawl {
namespace {

// Encoding Standard §4.2
TEST_CASE("charset_label: a label gives the encoding's name", "[charset_label]") {
  CHECK(encoding_for_label("utf-8") == "UTF-8");
  CHECK(encoding_for_label("utf8") == "UTF-8");
  CHECK(encoding_for_label("x-unicode20utf8") == "UTF-8");
  CHECK(encoding_for_label("sjis") == "Shift_JIS");
  CHECK(encoding_for_label("ms932") == "Shift_JIS");
  CHECK(encoding_for_label("gb2312") == "GBK");
  CHECK(encoding_for_label("gb18030") == "gb18030");
  CHECK(encoding_for_label("ks_c_5601-1987") == "EUC-KR");
  CHECK(encoding_for_label("866") == "IBM866");
  CHECK(encoding_for_label("x-x-big5") == "Big5");
  CHECK(encoding_for_label("logical") == "ISO-8859-8-I");
  CHECK(encoding_for_label("visual") == "ISO-8859-8");
  CHECK(encoding_for_label("x-user-defined") == "x-user-defined");
}

TEST_CASE("charset_label: Latin-1 and its kin mean windows-1252 on the web", "[charset_label]") {
  for (const char* label :
       {"latin1", "iso-8859-1", "ascii", "us-ascii", "ansi_x3.4-1968", "l1", "cp819"}) {
    CAPTURE(label);
    CHECK(encoding_for_label(label) == "windows-1252");
  }
  CHECK(encoding_for_label("iso-8859-9") == "windows-1254");
  CHECK(encoding_for_label("tis-620") == "windows-874");
}

TEST_CASE("charset_label: UTF-16 without more is little-endian", "[charset_label]") {
  CHECK(encoding_for_label("utf-16") == "UTF-16LE");
  CHECK(encoding_for_label("unicode") == "UTF-16LE");
  CHECK(encoding_for_label("ucs-2") == "UTF-16LE");
  CHECK(encoding_for_label("unicodefffe") == "UTF-16BE");
  CHECK(encoding_for_label("utf-16be") == "UTF-16BE");
}

TEST_CASE("charset_label: what would let scripts hide is replaced", "[charset_label]") {
  for (const char* label : {"iso-2022-kr", "iso-2022-cn", "hz-gb-2312", "replacement"}) {
    CAPTURE(label);
    CHECK(encoding_for_label(label) == "replacement");
  }
}

TEST_CASE("charset_label: case and white space around do not matter", "[charset_label]") {
  CHECK(encoding_for_label("UTF-8") == "UTF-8");
  CHECK(encoding_for_label(" \t\n\f\rLatin1 \t") == "windows-1252");
  CHECK(encoding_for_label("WINDOWS-31J") == "Shift_JIS");
}

TEST_CASE("charset_label: anything else is unknown", "[charset_label]") {
  for (const std::string label : {"", " ", "utf", "utf-7", "utf-32", "utf 8", "utf-8x", "cesu-8",
                                  "\vutf-8", "iso-8859-12", "\"utf-8\"", "utf-8;", "zzz"}) {
    CAPTURE(label);
    CHECK_FALSE(encoding_for_label(label));
  }
  CHECK_FALSE(encoding_for_label(std::string("utf-8\0", 6)));
  CHECK_FALSE(encoding_for_label(std::string(1'000'000, 'u')));
  CHECK_FALSE(encoding_for_label("\xc5\xbfjis"));  // a long s is no s
}

}  // namespace
}  // namespace crawl
