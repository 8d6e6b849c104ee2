// SPDX-License-Identifier: MIT
// The manual and the completions, as texts; tests/e2e/manual_test.py has them read by groff and the
// shells.
#include "crawler/manual/man_pages.h"

#include <algorithm>
#include <set>

#include "crawler/help.h"
#include "crawler/manual/completion.h"
#include "crawler/manual/roff.h"
#include "crawler/manual/text_blocks.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

using Kind = TextBlock::Kind;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string page(const std::string& path) {
  for (const NamedPage& each : man_pages({"1.2.3", "2026-11-22"})) {
    if (each.path == path) return each.text;
  }
  FAIL("there is no page " << path);
  return "";
}

TEST_CASE("text_blocks: headings, paragraphs, lists and examples are told apart", "[manual]") {
  const std::vector<TextBlock> blocks = text_blocks(
      "A paragraph\nof two lines.\n\nIN A FILE\n\nterm\n    its meaning,\n    and more\nother\n"
      "    one\n\n    an example\n      indented\n");
  REQUIRE(blocks.size() == 5);
  CHECK(blocks[0].kind == Kind::kParagraph);
  CHECK(blocks[0].lines == std::vector<std::string>{"A paragraph", "of two lines."});
  CHECK(blocks[1].kind == Kind::kHeading);
  CHECK(blocks[2].kind == Kind::kTerm);
  CHECK(blocks[2].term == "term");
  CHECK(blocks[2].lines == std::vector<std::string>{"its meaning,", "and more"});
  CHECK(blocks[3].term == "other");
  CHECK(blocks[4].kind == Kind::kVerbatim);
  CHECK(blocks[4].lines == std::vector<std::string>{"an example", "  indented"});
  CHECK(text_blocks("").empty());
  CHECK(text_blocks("\n\n").empty());
}

TEST_CASE("roff: text stays text", "[manual]") {
  CHECK(escape_for_roff(".TH") == "\\&.TH");
  CHECK(escape_for_roff("'x'") == "\\(aqx\\(aq");
  CHECK(escape_for_roff("a\\fB-b") == "a\\efB\\-b");
  CHECK(escape_for_roff("`~/^\"") == "\\(ga\\(ti/\\(ha\\(dq");
  ManPage man("X", '1', "2026-11-22", "x");
  man.paragraph("See --no-body, crawl-seeds(5) and\n.hidden -- or --x=y.");
  CHECK(has(man.text(),
            "See \\fB\\-\\-no\\-body\\fR, \\fBcrawl\\-seeds\\fR(5) and\n\\&.hidden "
            "\\-\\- or \\fB\\-\\-x\\fR=y.\n"));
}

TEST_CASE("manual: a page for each command, with all of its options", "[manual]") {
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    const std::string text = page("man1/crawl-" + command.name + ".1");
    CHECK(has(text, ".TH CRAWL\\-"));
    CHECK(has(text, " 1 2026-11-22 \"crawl 1.2.3\""));
    CHECK(has(text, "crawl\\-" + command.name + " \\- " + escape_for_roff(command.summary)));
    for (const ShownOption& option : command.options()) {
      for (const std::string& name : spellings(option)) {
        CAPTURE(name);
        CHECK(has(text, "\\fB" + escape_for_roff(name) + "\\fR"));
      }
    }
  }
}

TEST_CASE("manual: crawl(1) names every other page, and has every part", "[manual]") {
  const std::string text = page("man1/crawl.1");
  std::set<std::string> paths;
  for (const NamedPage& each : man_pages({"1", "2026-11-22"})) {
    CHECK(paths.insert(each.path).second);
    if (each.path == "man1/crawl.1") continue;
    const std::string name = each.path.substr(5, each.path.rfind('.') - 5);
    CAPTURE(name);
    CHECK(has(text, "\\fB" + escape_for_roff(name) + "\\fR("));
  }
  for (const char* heading : {"EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES"}) {
    CHECK(has(text, std::string(".SH \"") + heading + "\""));
  }
  // A topic of section 1 that is a part of no page would be lost.
  for (const Topic& topic : topics()) {
    if (topic.section != '1') continue;
    CAPTURE(topic.name);
    std::string first = std::string(topic.text.substr(0, topic.text.find('\n')));
    CHECK(has(text, escape_for_roff(first.substr(0, 20))));
  }
}

TEST_CASE("manual: what it says is ASCII, as every terminal can show it", "[manual]") {
  for (const NamedPage& each : man_pages({"1", "2026-11-22"})) {
    CAPTURE(each.path);
    CHECK(std::all_of(each.text.begin(), each.text.end(),
                      [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  }
}

TEST_CASE("completion: the value of an option is known by its type", "[manual]") {
  const auto of = [](const std::string& type) {
    return completion_of_value({"-x,--xx", type, "", "Options"});
  };
  CHECK(of("FILE").files);
  CHECK(of("PATH").files);
  CHECK(of("DIR").folders);
  CHECK(of("host|any").words == std::vector<std::string>{"host", "any"});
  CHECK(of("TIME").empty());
  CHECK(of("URL|MAIL").empty());
  const Completion list = completion_of_value({"--of", "LIST", "", "Options", {"a", "b"}});
  CHECK(list.is_list);
  CHECK(list.words == std::vector<std::string>{"a", "b"});
}

TEST_CASE("completion: the arguments of a command are known by its usage", "[manual]") {
  const auto of = [](const char* name) { return completions_of_arguments(*command_named(name)); };
  const ArgumentCompletions robots = of("robots");
  REQUIRE(robots.arguments.size() == 2);
  CHECK(robots.arguments[0].files);
  CHECK(robots.arguments[1].empty());
  CHECK(robots.repeats);
  const ArgumentCompletions query = of("query");
  REQUIRE_FALSE(query.arguments.empty());
  CHECK(std::count(query.arguments[0].words.begin(), query.arguments[0].words.end(), "orphans"));
  const ArgumentCompletions help = of("help");
  REQUIRE(help.arguments.size() == 1);
  CHECK_FALSE(help.repeats);
  CHECK(help.arguments[0].words.size() == commands().size() + topics().size());
  CHECK(of("status").arguments.empty());
  CHECK(of("run").arguments.at(0).files);
}

// From `begin` to the next `end`.
std::string part(const std::string& text, const std::string& begin, const std::string& end) {
  const size_t from = text.find(begin);
  REQUIRE(from != std::string::npos);
  return text.substr(from, text.find(end, from) - from);
}

TEST_CASE("completion: each shell is told every command and option", "[manual]") {
  const std::string bash = bash_completion(), zsh = zsh_completion(), fish = fish_completion();
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    const std::string in_bash = part(bash, "    " + command.name + ") echo '", "' ;;") + " ";
    const std::string in_zsh = part(zsh, "_crawl_" + command.name + "() {", "\n}\n");
    CHECK(has(zsh, "\n    '" + command.name + ":"));
    CHECK(has(fish, "-n __crawl_first -a " + command.name + " "));
    for (const ShownOption& option : command.options()) {
      std::string in_fish = "complete -c crawl -n '__crawl_is " + command.name + "'";
      for (const std::string& name : spellings(option)) {
        CAPTURE(name);
        CHECK((has(in_bash, " " + name + " ") || has(in_bash, "'" + name + " ")));
        CHECK(has(in_zsh, name + (option.type.empty()      ? "["
                                  : name.starts_with("--") ? "=["
                                                           : "+[")));
        in_fish += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      CHECK(has(fish, in_fish + " "));
    }
  }
}

}  // namespace
}  // namespace crawl
