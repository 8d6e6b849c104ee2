// SPDX-License-Identifier: MIT
#include "fetcher/charset.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "fetcher/ascii.h"
#include "fetcher/meta_prescan.h"
#include "tests/support/catch.h"
#include "web/charset_label.h"

namespace crawl {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

CharsetDecoder& decoder() {
  static const auto created = CharsetDecoder::create();
  REQUIRE(created);
  return *created.value();
}

CharsetChoice html_choice(std::string_view body, std::string_view http = "") {
  return decoder().choose(body, {http, true, false});
}

std::string decoded(std::string_view encoding, std::string_view bytes) {
  return std::string(decoder().decode(bytes, {encoding, CharsetSource::kHttp, 0}));
}

// --- choice -------------------------------------------------------------------------------------

TEST_CASE("charset: a byte order mark outranks everything", "[charset]") {
  const auto utf8 = html_choice("\xEF\xBB\xBF<meta charset=koi8-r>", "windows-1251");
  CHECK(utf8.name == "UTF-8");
  CHECK(utf8.source == CharsetSource::kBom);
  CHECK(decoder().decode("\xEF\xBB\xBFx", utf8) == "x");
  CHECK(html_choice("\xFF\xFEx\0"sv, "utf-8").name == "UTF-16LE");
  CHECK(html_choice("\xFE\xFF\0x"sv, "utf-8").name == "UTF-16BE");
}

TEST_CASE("charset: HTTP outranks the meta element", "[charset]") {
  const auto choice = html_choice("<meta charset=koi8-r>", "ISO-8859-1");
  CHECK(choice.name == "windows-1252");
  CHECK(choice.source == CharsetSource::kHttp);
}

TEST_CASE("charset: an unknown label in HTTP is passed over", "[charset]") {
  const auto choice = html_choice("<meta charset=koi8-r>", "x-unheard-of");
  CHECK(choice.name == "KOI8-R");
  CHECK(choice.source == CharsetSource::kMeta);
}

TEST_CASE("charset: only HTML has meta elements", "[charset]") {
  const auto choice = decoder().choose("<meta charset=koi8-r>", {"", false, false});
  CHECK(choice.name == "UTF-8");
  CHECK(choice.source == CharsetSource::kDetector);
}

TEST_CASE("charset: a meta element beyond 1024 bytes counts where the body is not UTF-8",
          "[charset]") {
  const std::string body = std::string(1024, ' ') + "<meta charset=koi8-r>";
  CHECK(html_choice(body).name == "UTF-8");
  CHECK(html_choice(body + "\xF0").name == "KOI8-R");
  CHECK(html_choice(body.substr(100)).name == "KOI8-R");
}

TEST_CASE("charset: bytes that are UTF-8 throughout are UTF-8", "[charset]") {
  const auto choice = html_choice(
      "<p>Stra\xC3\x9F"
      "e");
  CHECK(choice.name == "UTF-8");
  CHECK(choice.source == CharsetSource::kDetector);
}

TEST_CASE("charset: a truncated body may end inside a character", "[charset]") {
  const auto cut = "Stra\xC3\x9F und \xE2\x82"sv;
  CHECK(decoder().choose(cut, {"", true, true}).name == "UTF-8");
  CHECK(decoder().choose(cut, {"", true, false}).source != CharsetSource::kMeta);
  CHECK(decoder().choose("\xE2\x82 x"sv, {"", true, true}).name != "");
}

TEST_CASE("charset: unlabelled Russian is detected", "[charset]") {
  // "Широкая электрификация южных губерний даст мощный толчок подъёму сельского хозяйства"
  const auto text =
      "\xD8\xE8\xF0\xEE\xEA\xE0\xFF \xFD\xEB\xE5\xEA\xF2\xF0\xE8\xF4\xE8\xEA\xE0\xF6\xE8\xFF "
      "\xFE\xE6\xED\xFB\xF5 \xE3\xF3\xE1\xE5\xF0\xED\xE8\xE9 \xE4\xE0\xF1\xF2 "
      "\xEC\xEE\xF9\xED\xFB\xE9 \xF2\xEE\xEB\xF7\xEE\xEA \xEF\xEE\xE4\xFA\xB8\xEC\xF3 "
      "\xF1\xE5\xEB\xFC\xF1\xEA\xEE\xE3\xEE \xF5\xEE\xE7\xFF\xE9\xF1\xF2\xE2\xE0 "sv;
  const auto choice = html_choice(std::string(text) + std::string(text));
  CHECK(choice.name == "windows-1251");
  CHECK(choice.source == CharsetSource::kDetector);
}

TEST_CASE("charset: what nobody knows is windows-1252", "[charset]") {
  const auto choice = html_choice("\x81");
  CHECK(choice.name == "windows-1252");
  CHECK(choice.source == CharsetSource::kDefault);
}

// --- prescan ------------------------------------------------------------------------------------

TEST_CASE("charset: the prescan reads a declaration as UTF-16 to mean UTF-8", "[charset]") {
  CHECK(prescan_encoding("<meta charset=utf-16le>") == "UTF-8");
  CHECK(prescan_encoding("<meta charset=x-user-defined>") == "windows-1252");
}

TEST_CASE("charset: the prescan knows comments, other tags and pragmas", "[charset]") {
  CHECK(prescan_encoding("<!--><meta charset=koi8-r>") == "KOI8-R");
  CHECK(prescan_encoding("<!-- <meta charset=koi8-r> -->") == std::nullopt);
  CHECK(prescan_encoding("<p title='<meta charset=koi8-r>'>") == std::nullopt);
  CHECK(prescan_encoding("<meta content='text/html;charset=koi8-r'>") == std::nullopt);
  CHECK(prescan_encoding("<META/HTTP-EQUIV=content-type CONTENT=';CHARSET = \"koi8-r\"'>") ==
        "KOI8-R");
  CHECK(prescan_encoding("<meta charset=nonsense><meta charset=koi8-r>") == "KOI8-R");
  CHECK(prescan_encoding("<meta charset=koi8-r") == std::nullopt);
}

TEST_CASE("charset: an XML declaration counts where no meta element speaks", "[charset]") {
  CHECK(prescan_encoding("<?xml version='1.0' encoding = 'iso-8859-2'?><html>") == "ISO-8859-2");
  CHECK(prescan_encoding("<?xml encoding='iso-8859-2'?><meta charset=koi8-r>") == "KOI8-R");
  CHECK(prescan_encoding(" <?xml encoding='iso-8859-2'?>") == std::nullopt);
  CHECK(prescan_encoding("<\0?\0x\0m\0"sv) == "UTF-16LE");
}

// html5lib-tests, encoding: "#data" is a document, "#encoding" the encoding that a browser finds,
// be it late. One of them writes the declaration by script, which nobody runs here.
struct EncodingCase {
  std::string data;
  std::string encoding;
};

std::vector<EncodingCase> read_cases(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all((std::istreambuf_iterator<char>(file)), {});
  std::vector<EncodingCase> cases;
  const auto data = "#data\n"s;
  const auto encoding = "\n#encoding\n"s;
  for (size_t at = all.find(data); at != std::string::npos;) {
    const size_t start = at + data.size();
    const size_t end = all.find(encoding, start);
    if (end == std::string::npos) break;
    const size_t label = end + encoding.size();
    const size_t line_end = std::min(all.find('\n', label), all.size());
    cases.push_back({all.substr(start, end - start), all.substr(label, line_end - label)});
    at = all.find("\n" + data, label);
    if (at != std::string::npos) ++at;
  }
  return cases;
}

std::filesystem::path conformance_folder() {
  if (const char* folder = std::getenv("CRAWL_CONFORMANCE_DIR")) return folder;
  const auto here = std::filesystem::absolute(__FILE__);
  return here.parent_path().parent_path().parent_path().parent_path() / "shared" / "conformance";
}

TEST_CASE("charset: the prescan agrees with html5lib's encoding tests", "[charset][conformance]") {
  const auto folder = conformance_folder() / "html-encoding";
  if (!std::filesystem::is_directory(folder)) {
    WARN("skipped: no html5lib encoding tests (set CRAWL_CONFORMANCE_DIR)");
    return;
  }
  size_t total = 0;
  size_t passed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    for (const EncodingCase& test : read_cases(entry.path())) {
      const auto expected = encoding_for_label(test.encoding);
      const auto choice = html_choice(test.data);
      const auto late = prescan_encoding(test.data, kLatePrescanBytes).value_or("windows-1252");
      const auto found = choice.source == CharsetSource::kDetector ? late : choice.name;
      ++total;
      CAPTURE(entry.path().filename().string(), test.data.substr(0, 300), test.encoding, found);
      CHECK(expected == found);
      if (expected == found) ++passed;
    }
  }
  WARN("html5lib encoding tests: " << passed << " of " << total);
  CHECK(total > 70);
}

// --- decoding -----------------------------------------------------------------------------------

TEST_CASE("charset: valid UTF-8 is not copied", "[charset]") {
  const auto text = "gr\xC3\xBC\xC3\x9F"sv;
  CHECK(decoder().decode(text, {"UTF-8", CharsetSource::kHttp, 0}).data() == text.data());
}

// Encoding Standard §8.1.1 and Unicode 15 §3.9: one U+FFFD for each maximal subpart.
TEST_CASE("charset: invalid UTF-8 becomes U+FFFD", "[charset]") {
  CHECK(decoded("UTF-8", "a\xFF\xE2\x82z") == "a\uFFFD\uFFFDz");
  CHECK(decoded("UTF-8", "\xC0\xAF") == "\uFFFD\uFFFD");
  CHECK(decoded("UTF-8", "\xED\xA0\x80") == "\uFFFD\uFFFD\uFFFD");
}

TEST_CASE("charset: NUL becomes U+FFFD in every encoding", "[charset]") {
  for (std::string_view encoding : {"UTF-8", "windows-1252", "Shift_JIS"}) {
    CHECK(decoded(encoding, "a\0b"sv) ==
          "a\uFFFD"
          "b");
  }
  CHECK(decoded("UTF-16LE", "a\0\0\0"sv) == "a\uFFFD");
}

// Encoding Standard, index windows-1252: its five unassigned bytes are C1 controls.
TEST_CASE("charset: windows-1252 has no holes", "[charset]") {
  CHECK(decoded("windows-1252", "\x81\x8D\x8F\x90\x9D") == "\u0081\u008D\u008F\u0090\u009D");
  CHECK(decoded("windows-1252", "\x80\xE4\xFF") == "\u20AC\u00E4\u00FF");
}

TEST_CASE("charset: single-byte encodings follow the Encoding Standard's indexes", "[charset]") {
  CHECK(decoded("windows-1253", "\xAA\xD2\xC1") == "\uFFFD\uFFFD\u0391");
  CHECK(decoded("windows-1255", "\xCA\xD9") == "\u05BA\uFFFD");
  CHECK(decoded("windows-874", "\xA1\xDB\x80") == "\u0E01\uFFFD\u20AC");
  CHECK(decoded("KOI8-U", "\xA4\xAE\xBE") == "\u0454\u045E\u040E");
  CHECK(decoded("KOI8-R", "\xF0\xD2") == "\u041F\u0440");
  CHECK(decoded("ISO-8859-16", "\xAA\xA4\x85") == "\u0218\u20AC\u0085");
  CHECK(decoded("ISO-8859-8-I", "\xE0") == "\u05D0");
  CHECK(decoded("macintosh", "\xDB\xF0") == "\u20AC\uF8FF");
  CHECK(decoded("x-mac-cyrillic", "\xFF\xA2") == "\u20AC\u0490");
  CHECK(decoded("IBM866", "\x80") == "\u0410");
  CHECK(decoded("x-user-defined", "A\x80\xFF") == "A\uF780\uF7FF");
}

TEST_CASE("charset: multi-byte encodings are decoded", "[charset]") {
  CHECK(decoded("Shift_JIS", "\x93\xFA\x96\x7B\\~\xB1") == "\u65E5\u672C\\~\uFF71");
  CHECK(decoded("Shift_JIS", "\x87\x40\x80") == "\u2460\u0080");
  CHECK(decoded("EUC-JP", "\xC6\xFC\x8E\xB1") == "\u65E5\uFF71");
  CHECK(decoded("ISO-2022-JP", "\x1B$BF|\x1B(Bx") == "\u65E5x");
  CHECK(decoded("EUC-KR", "\xC7\xD1\xB1\xDB") == "\uD55C\uAE00");
  CHECK(decoded("Big5", "\xA4\xA4\xA4\xE5") == "\u4E2D\u6587");
  CHECK(decoded("GBK", "\xD6\xD0\x80") == "\u4E2D\u20AC");
  CHECK(decoded("gb18030", "\x81\x30\x81\x30") == "\u0080");
  CHECK(decoded("UTF-16BE", "\x65\xE5\xD8\x3D\xDE\x00"sv) == "\u65E5\U0001F600");
}

TEST_CASE("charset: errors in multi-byte text are U+FFFD and swallow no markup", "[charset]") {
  CHECK(decoded("Shift_JIS", "\x81<b>") == "\uFFFD<b>");
  CHECK(decoded("EUC-JP", "\xC6<") == "\uFFFD<");
  CHECK(decoded("Big5", "\xA4\"x") == "\uFFFD\"x");
  CHECK(decoded("gb18030", "\x81") == "\uFFFD");
  CHECK(decoded("UTF-16LE", "\x3D\xD8x\0"sv) == "\uFFFDx");
  CHECK(decoded("UTF-16LE", "x\0y"sv) == "x\uFFFD");
}

TEST_CASE("charset: one page's error leaves nothing behind for the next", "[charset]") {
  decoded("ISO-2022-JP", "\x1B$BF");
  CHECK(decoded("ISO-2022-JP", "abc") == "abc");
  decoded("Shift_JIS", "\x93");
  CHECK(decoded("Shift_JIS", "\xFA") != "\u65E5");
}

// Encoding Standard §14.1: dangerous encodings decode to one U+FFFD.
TEST_CASE("charset: the replacement encoding says nothing", "[charset]") {
  CHECK(html_choice("<b>", "iso-2022-kr").name == "replacement");
  CHECK(decoded("replacement", "<script>") == "\uFFFD");
  CHECK(decoded("replacement", "") == "");
}

// Encoding Standard §10.1.1, §12.3.1
TEST_CASE("charset: where ICU differs, the standard decides", "[charset]") {
  CHECK(decoded("Shift_JIS", "a\xA0z\xA0") == "a\uFFFDz\uFFFD");
  CHECK(decoded("Shift_JIS", "\xB1") == "\uFF71");
  CHECK(decoded("gb18030", "a\xA3\xA0z") == "a\u3000z");
  CHECK(decoded("GBK", "\xA3\xA0\xA1\xA1") == "\u3000\u3000");
}

TEST_CASE("charset: a long text outgrows no buffer", "[charset]") {
  std::string bytes;
  std::string expected;
  for (int i = 0; i < 100'000; ++i) {
    bytes += "\x93\xFA";
    expected += "\u65E5";
  }
  CHECK(decoded("Shift_JIS", bytes) == expected);
  CHECK(decoded("x-user-defined", std::string(100'000, '\xFF')).size() == 300'000);
}

TEST_CASE("charset: every encoding of the standard can be decoded", "[charset]") {
  for (std::string_view label : {"utf-8",
                                 "ibm866",
                                 "l2",
                                 "l3",
                                 "l4",
                                 "iso-8859-5",
                                 "arabic",
                                 "greek",
                                 "hebrew",
                                 "logical",
                                 "l6",
                                 "iso-8859-13",
                                 "iso-8859-14",
                                 "l9",
                                 "iso-8859-16",
                                 "koi8-r",
                                 "koi8-u",
                                 "macintosh",
                                 "tis-620",
                                 "cp1250",
                                 "cp1251",
                                 "latin1",
                                 "cp1253",
                                 "cp1254",
                                 "cp1255",
                                 "cp1256",
                                 "cp1257",
                                 "cp1258",
                                 "x-mac-cyrillic",
                                 "gbk",
                                 "gb18030",
                                 "big5",
                                 "euc-jp",
                                 "iso-2022-jp",
                                 "sjis",
                                 "euc-kr",
                                 "hz-gb-2312",
                                 "utf-16be",
                                 "utf-16",
                                 "x-user-defined"}) {
    CAPTURE(label);
    const auto name = encoding_for_label(label);
    REQUIRE(name);
    CHECK_FALSE(decoded(*name, "a\0\xE1\xFF\x81"sv).empty());
  }
}

}  // namespace
}  // namespace crawl
