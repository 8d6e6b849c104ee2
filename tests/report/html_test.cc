// SPDX-License-Identifier: MIT
#include "report/html.h"

#include <type_traits>

#include "base/columns.h"
#include "report/table.h"
#include "tests/support/catch.h"

using namespace crawl;

namespace {

template <typename Write>
std::string written(Write write) {
  std::string page;
  Html html([&page](std::string_view bytes) {
    page += bytes;
    return true;
  });
  write(html);
  html.flush();
  return page;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string shown_url(std::string_view url) {
  return written([&](Html& html) { write_url(html, url, 40); });
}

}  // namespace

// What was read cannot be taken for markup: it does not compile.
static_assert(!std::is_convertible_v<std::string, Markup>);
static_assert(!std::is_convertible_v<std::string_view, Markup>);
static_assert(!std::is_constructible_v<Markup, std::string>);

TEST_CASE("html: text is escaped, numbers are grouped", "[html]") {
  CHECK(written([](Html& html) {
          html << "<p>" << Text{"<b>\"&'\x1b\xff\u202e"} << "</p>" << Grouped{-1234567} << " "
               << Plain{12.5} << " " << Plain{1e12} << " " << Plain{-0.001} << " "
               << Percent{0.125};
        }) ==
        "<p>&lt;b&gt;&quot;&amp;&#39;\\x1b\\xff\\u202e</p>-1,234,567 12.5 1000000000000 0 12.5%");
}

TEST_CASE("html: comes in pieces, and stops where the sink does", "[html]") {
  size_t pieces = 0, bytes = 0;
  Html html([&](std::string_view piece) {
    bytes += piece.size();
    return ++pieces < 3;
  });
  const std::string kilobyte(1024, 'x');
  for (int i = 0; i < 1024; ++i) html << Text{kilobyte};
  CHECK_FALSE(html.flush());
  CHECK(pieces == 3);
  CHECK(bytes < 256 * 1024);
}

TEST_CASE("html: a URL is a link where it is one of http", "[html]") {
  CHECK(shown_url("https://a.test/x") ==
        "<a class=\"url\" rel=\"noopener noreferrer nofollow\" href=\"https://a.test/x\">"
        "https://a.test/x</a>");
  for (const char* other :
       {"javascript:alert(1)", "data:text/html,x", "HTTP://A.test", " http://a/",
        "http://a.test/\"onclick=", "", "vbscript:x", "file:///etc/passwd"}) {
    CAPTURE(other);
    CHECK(shown_url(other).starts_with("<span class=\"url\">"));
    CHECK(shown_url(other).find("href") == std::string::npos);
  }
  CHECK(shown_url("https://a.test/?a=1&b='").find("href=\"https://a.test/?a=1&amp;b=%27\"") ==
        std::string::npos);  // as it is, no other way
}

TEST_CASE("html: a long URL is abridged, and whole in its title and its link", "[html]") {
  const std::string url = "https://a.test/" + std::string(200, 'x') + "/end.html";
  const std::string html = shown_url(url);
  CHECK(html.find("href=\"" + url + "\"") != std::string::npos);
  CHECK(html.find("title=\"" + url + "\"") != std::string::npos);
  CHECK(html.find("…") != std::string::npos);
  CHECK(html.find("/<wbr>end.html</a>") != std::string::npos);
}

TEST_CASE("html: what is abridged keeps both ends and whole characters", "[html]") {
  CHECK(abridge_middle("short", 5) == "short");
  CHECK(abridge_middle("abcdefghij", 6) == "abc…ij");
  CHECK(abridge_middle("abcdef", 2) == "a…");
  for (const std::string& text :
       {std::string("ääääääääääääääää"), std::string("日本語日本語日本語日本語"),
        std::string("a\xff\xfe\xfd\x80\x80\x80\x80\x80\x80z"), std::string(50, '\xf0')}) {
    for (int columns = 0; columns < 20; ++columns) {
      const std::string shown = abridge_middle(text, columns);
      CAPTURE(text, columns, shown);
      CHECK(display_width(shown) <= columns);
      CHECK(shown.find("\xc3…") == std::string::npos);
    }
  }
}

TEST_CASE("table: heads, row heads, and numbers for who sorts", "[html]") {
  const std::string page = written([](Html& html) {
    Table table(html, TableShape::kList, "some-table", "<Some>",
                {{"Name"}, {"Count", TableColumn::Kind::kNumber, TableColumn::Sorted::kDown}});
    table.begin_row();
    table.text("<a>");
    table.count(1234);
    table.begin_row();
    table.long_text(std::string(50, 'x'), 9);
    table.nothing();
  });
  CHECK(has(page, "<caption id=\"some-table\">&lt;Some&gt;</caption>"));
  CHECK(has(page, " scope=\"col\">Name</th>"));
  CHECK(has(page, " scope=\"col\" class=\"number\" aria-sort=\"descending\">Count</th>"));
  CHECK(has(page,
            " scope=\"row\">&lt;a&gt;</th><td role=\"cell\" class=\"number\" "
            "data-label=\"Count\" data-value=\"1234\">1,234</td></tr>"));
  CHECK(page.find("<span title=\"" + std::string(50, 'x') + "\">xxxxx…xxx</span>") !=
        std::string::npos);
  CHECK(page.ends_with("</tr>\n</tbody></table></div>\n"));
}
