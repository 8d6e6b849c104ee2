// SPDX-License-Identifier: MIT
#include "base/shown_text.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

TEST_CASE("shown text: a line stays one line and is escaped as a whole", "[shown_text]") {
  ShownText text;
  CHECK(text.empty());
  text.line("  title  \x1b[31m\nforged: yes\t\xff");
  text.line("");
  CHECK(text.bytes() == "  title  \\x1b[31m\\nforged: yes\\t\\xff\n\n");
}

TEST_CASE("shown text: lines keep their ends and tabs, and nothing else raw", "[shown_text]") {
  const auto shown = [](std::string_view lines) {
    ShownText text;
    text.lines(lines);
    return text.bytes();
  };
  CHECK(shown("a\n\tb\r\nc\rd\x1b\t\u202E") == "a\n\tb\nc\\rd\\x1b\t\\u202e\n");
  CHECK(shown("a\n") == "a\n");
  CHECK(shown("\n\n") == "\n\n");
  CHECK(shown("").empty());
}

TEST_CASE("shown text: JSON stays JSON", "[shown_text]") {
  ShownText text;
  text.json("{\"a\":\"\x7f\u009b\"}");
  CHECK(text.bytes() == "{\"a\":\"\\u007f\\u009b\"}\n");
}

TEST_CASE("shown text: texts are put together", "[shown_text]") {
  ShownText one;
  one.line("1");
  ShownText two;
  two.line("2");
  CHECK((one + two).bytes() == "1\n2\n");
  one += two;
  CHECK(one.bytes() == "1\n2\n");
}

TEST_CASE("shown text: parts of a line are bold where that is wanted, and escaped either way",
          "[shown_text]") {
  const std::vector<ShownText::Part> parts = {{"a\x1b[2J", false}, {"b\n", true}, {"", true}};
  ShownText plain;
  plain.line(parts, ShownText::Style::kPlain);
  CHECK(plain.bytes() == "a\\x1b[2Jb\\n\n");
  ShownText bold;
  bold.line(parts, ShownText::Style::kTerminal);
  CHECK(bold.bytes() == "a\\x1b[2J\x1b[1mb\\n\x1b[0m\n");
}

}  // namespace
}  // namespace crawl
