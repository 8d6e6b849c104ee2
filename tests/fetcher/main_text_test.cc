// SPDX-License-Identifier: MIT
#include "fetcher/main_text.h"

#include <string>

#include "base/escape.h"
#include "tests/fetcher/extracted_page.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

constexpr std::string_view kProse =
    "The harbour town lies between two hills, and for most of the year the wind comes from the "
    "west. Its people have fished these waters for as long as anybody can remember, and they "
    "still do.";
constexpr std::string_view kMore =
    "In winter the boats stay ashore. Nets are mended in the long sheds along the quay, where the "
    "light is good, and the old tell the young of storms that have grown a little every year.";
constexpr std::string_view kMenu =
    "<ul><li><a href=1>Home</a><li><a href=2>Products</a><li><a href=3>Support</a>"
    "<li><a href=4>About this company</a></ul>";

std::string main_of(const std::string& html) { return ExtractedPage(html).main_text(); }
std::string paragraph(std::string_view text) { return "<p>" + std::string(text) + "</p>"; }
const std::string kBoth = std::string(kProse) + "\n" + std::string(kMore);

TEST_CASE("main_text: a page of prose alone has nothing to set apart", "[main_text]") {
  CHECK(main_of("<h1>Title</h1>" + paragraph(kProse) + paragraph(kMore)).empty());
  CHECK(main_of("").empty());
  CHECK(main_of("<p>short").empty());
}

TEST_CASE("main_text: a page of links alone has no main content", "[main_text]") {
  CHECK(main_of(std::string(kMenu) + std::string(kMenu)).empty());
}

TEST_CASE("main_text: one <main> says it all", "[main_text]") {
  const std::string inside = paragraph(kProse) + "<p>short</p>" + paragraph(kMore);
  CHECK(main_of("<header>Shop</header>" + std::string(kMenu) + "<main>" + inside + "</main>" +
                paragraph("Some notice that is long enough to look like content, with no link in "
                          "it, but that stands outside, which is what counts.")) ==
        std::string(kProse) + "\nshort\n" + std::string(kMore));
  CHECK(main_of(std::string(kMenu) + "<div role=main>" + inside + "</div>") ==
        std::string(kProse) + "\nshort\n" + std::string(kMore));
}

TEST_CASE("main_text: <main> counts however short it is", "[main_text]") {
  CHECK(main_of("<nav>Menu</nav><main><h1>T</h1><p>Short.</p></main><footer>Foot</footer>") ==
        "T\nShort.");
}

TEST_CASE("main_text: navigation inside <main> is set apart", "[main_text]") {
  CHECK(main_of("<p>top</p><main><nav>" + std::string(kMenu) + "</nav><header><h1>Title</h1>" +
                "</header>" + paragraph(kProse) + paragraph(kMore) +
                "<aside>By the way</aside></main>") == "Title\n" + kBoth);
}

TEST_CASE("main_text: without <main>, one <article> counts", "[main_text]") {
  CHECK(main_of(std::string(kMenu) + "<article><h1>Title</h1>" + paragraph(kProse) +
                paragraph(kMore) + "</article><p>footer of sorts</p>") == "Title\n" + kBoth);
}

TEST_CASE("main_text: several articles, or an empty <main>, decide nothing", "[main_text]") {
  const std::string two =
      "<article>" + paragraph(kProse) + "</article><article>" + paragraph(kMore) + "</article>";
  CHECK(main_of(std::string(kMenu) + two) == kBoth);
  CHECK(main_of(std::string(kMenu) + "<main></main>" + two) == kBoth);
}

TEST_CASE("main_text: plain markup is told apart by length and links", "[main_text]") {
  CHECK(main_of("<div>" + std::string(kMenu) + "</div><div><h1>Title</h1>" + paragraph(kProse) +
                "<p>A short one.</p>" + paragraph(kMore) + "</div><div>" + std::string(kMenu) +
                "</div><div>Copyright, all rights reserved</div>") ==
        "Title\n" + std::string(kProse) + "\nA short one.\n" + std::string(kMore));
}

TEST_CASE("main_text: tables that lay out columns are told apart, too", "[main_text]") {
  CHECK(main_of("<table><tr><td><a href=1>A first entry of the menu</a><br><a href=2>The second "
                "entry of the menu</a><br><a href=3>The third entry of the menu</a><br><td>" +
                std::string(kProse) + "<td><a href=4>Advertisement</a></table>") == kProse);
}

TEST_CASE("main_text: class names and ids set parts apart", "[main_text]") {
  for (std::string_view attribute :
       {"class=footer", "class='x site-footer'", "id=cookie_notice", "class=SideBar", "role=dialog",
        "class=sphinxsidebar", "id=nav"}) {
    CAPTURE(attribute);
    CHECK(main_of(paragraph(kProse) + paragraph(kMore) + "<div " + std::string(attribute) + ">" +
                  paragraph("We use small files to remember you, which is the law to tell you, so "
                            "here it is told at quite some length, as you see.") +
                  "</div>") == kBoth);
  }
}

TEST_CASE("main_text: names that would set all apart do not count", "[main_text]") {
  CHECK(main_of("<div class=menu-layout>" + std::string(kMenu) + paragraph(kProse) +
                paragraph(kMore) + "</div>") == kBoth);
}

TEST_CASE("main_text: a sidebar between content is a box of the text", "[main_text]") {
  const std::string box = "<div class=sidebar>" + paragraph(kMore) + "</div>";
  const std::string menu(kMenu);
  CHECK(main_of(menu + paragraph(kProse) + box + paragraph(kProse)) ==
        kBoth + "\n" + std::string(kProse));
  CHECK(main_of(menu + paragraph(kProse) + paragraph(kProse) + box) ==
        std::string(kProse) + "\n" + std::string(kProse));
}

TEST_CASE("main_text: a list that ends the content belongs to it", "[main_text]") {
  CHECK(main_of(std::string(kMenu) + paragraph(kProse) +
                "<ul><li>one<li>two<li>three<li>four</ul>" + std::string(kMenu)) ==
        std::string(kProse) + "\none\ntwo\nthree\nfour");
}

TEST_CASE("main_text: a paragraph of one link between others belongs to them", "[main_text]") {
  CHECK(main_of(std::string(kMenu) + paragraph(kProse) + "<p><a href=x>a link</a></p>" +
                paragraph(kMore)) == std::string(kProse) + "\na link\n" + std::string(kMore));
}

TEST_CASE("main_text: preformatted text is kept as it is", "[main_text]") {
  CHECK(main_of(std::string(kMenu) + paragraph(kProse) + "<pre>\n  a\n    b\n</pre>" +
                paragraph(kMore)) == std::string(kProse) + "\n  a\n    b\n" + std::string(kMore));
}

TEST_CASE("main_text: scripts without spaces are measured in characters", "[main_text]") {
  const std::string japanese = repeated("\u6E2F\u306E\u753A\u306F\u4E8C\u3064\u306E\u4E18", 9);
  const std::string menu = "<ul><li><a href=1>\u623B\u308B</a><li><a href=2>\u6B21\u3078</a></ul>";
  CHECK(main_of(menu + paragraph(japanese) + menu) == japanese);
}

TEST_CASE("main_text: hidden text is no content", "[main_text]") {
  CHECK(main_of(std::string(kMenu) + "<main hidden>" + paragraph(kMore) + "</main><main>" +
                paragraph(kProse) + paragraph(kMore) + "</main>") == kBoth);
}

TEST_CASE("main_text: it is UTF-8 and part of the text", "[main_text]") {
  const ExtractedPage page(std::string(kMenu) +
                           paragraph(std::string(kProse) + "&#4294967295;\xFF"));
  CHECK_FALSE(page.result.main_text.empty());
  CHECK(is_valid_utf8(page.result.main_text));
}

TEST_CASE("main_text: nothing of one page is left in the next", "[main_text]") {
  MainText main;
  for (int round = 0; round < 2; ++round) {
    main.begin();
    const std::string text = "menu entry" + std::string(kProse) + std::string(kMore);
    main.link_begins(0);
    main.boundary(10, 0);
    main.link_ends(10);
    main.boundary(text.size(), 0);
    CHECK(main.choose(text) == std::string(kProse) + std::string(kMore));
  }
}

}  // namespace
}  // namespace crawl
