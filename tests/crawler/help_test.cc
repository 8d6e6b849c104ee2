// SPDX-License-Identifier: MIT
// What `crawl help` shows, and that a wrong word is answered with the nearest right one.
#include "crawler/help.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "base/suggest.h"
#include "crawler/manual/completion.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string shown(const std::vector<std::string>& words) {
  const CommandLine line = parse_command_line(words, {});
  if (const auto* error = std::get_if<UsageError>(&line)) FAIL(error->message);
  REQUIRE(std::holds_alternative<ShowText>(line));
  return std::get<ShowText>(line).text;
}

std::string refusal(const std::vector<std::string>& words) {
  const CommandLine line = parse_command_line(words, {});
  REQUIRE(std::holds_alternative<UsageError>(line));
  CHECK(std::get<UsageError>(line).code == ExitCode::kUsage);
  return std::get<UsageError>(line).message;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Its last two letters that differ, the other way round: "statsu".
std::string mistyped(std::string word) {
  for (size_t i = word.size() - 1; i > 0; --i) {
    if (word[i] == word[i - 1] || word[i - 1] == '-') continue;
    std::swap(word[i], word[i - 1]);
    break;
  }
  return word;
}

TEST_CASE("help: lists every command and every topic", "[help]") {
  const std::string text = shown({"help"});
  for (const Command& command : commands()) CHECK(has(text, "crawl " + command.arguments));
  for (const Topic& topic : topics()) CHECK(has(text, "crawl help " + topic.name + " "));
  CHECK(topics().size() > 10);
}

TEST_CASE("help: of a command is what its --help says, with its examples", "[help]") {
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    CHECK(shown({"help", command.name}) == shown({command.name, "--help"}));
  }
  CHECK(has(shown({"help", "run"}), "Examples:\n  # what a site has"));
  CHECK(has(shown({"--help"}), "Examples:\n"));
  CHECK(examples_of("no-such-command").empty());
}

TEST_CASE("help: a topic is shown whole, and no two things have one name", "[help]") {
  std::set<std::string> names;
  for (const Command& command : commands()) CHECK(names.insert(command.name).second);
  for (const Topic& topic : topics()) {
    CAPTURE(topic.name);
    CHECK(names.insert(topic.name).second);
    CHECK(has(shown({"help", topic.name}), std::string(topic.text)));
    CHECK(std::string("157").find(topic.section) != std::string::npos);
    CHECK(topic.summary.size() > 10);
  }
}

TEST_CASE("help: a word that is neither is answered with the nearest", "[help]") {
  for (const Command& command : commands()) {
    CHECK(has(refusal({"help", mistyped(command.name)}), "did you mean " + command.name + "?"));
  }
  for (const Topic& topic : topics()) {
    CHECK(has(refusal({"help", mistyped(topic.name)}), "did you mean " + topic.name + "?"));
  }
  CHECK(refusal({"help", "zzzzzz"}) ==
        "zzzzzz is neither a command nor a topic; crawl help lists them");
  CHECK(refusal({"help", "run", "status"}) == "unexpected argument status");
  CHECK(refusal({"help", "--hlep"}) == "unknown option --hlep; did you mean --help?");
}

TEST_CASE("help: a command that is mistyped is named", "[help]") {
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    CHECK(refusal({mistyped(command.name)}) ==
          "unknown command " + mistyped(command.name) + "; did you mean " + command.name + "?");
  }
}

TEST_CASE("help: of every command, an option that is mistyped is named", "[help]") {
  for (const Command& command : commands()) {
    REQUIRE(command.options);
    for (const ShownOption& option : command.options()) {
      const std::string name = spellings(option).back();
      if (!name.starts_with("--") || name.size() < 6) continue;  // -d, --db
      CAPTURE(command.name, name);
      const std::string wrong = mistyped(name);
      const std::string message = refusal({command.name, wrong});
      const size_t meant = message.find("did you mean --");
      REQUIRE(meant != std::string::npos);
      // Of two that are as near, either: --jsoln is --json or --jsonl.
      const std::string nearest = message.substr(meant + 13, message.size() - meant - 14);
      CHECK(edit_distance(wrong, nearest) <= edit_distance(wrong, name));
    }
    CHECK(has(refusal({command.name, "--zzzzzzzzzz"}), " --help"));
  }
}

// The parts of a page in docs/ that are about a command: paragraphs and rows with its name, and
// what follows a heading with it, or a paragraph that begins with it in bold, up to the next of
// either.
std::string parts_about(const std::string& command, const std::filesystem::path& page) {
  std::ifstream file(page);
  REQUIRE(file);
  const std::string name = "crawl " + command;
  std::string result, paragraph, line;
  bool within = false;
  size_t level = 0;  // of the heading that began it
  const auto end_paragraph = [&] {
    if (within || has(paragraph, name)) result += paragraph;
    paragraph.clear();
  };
  while (std::getline(file, line)) {
    const bool is_heading = line.starts_with("#") && line.find("# ") != std::string::npos;
    const bool is_bold = line.starts_with("**`crawl ");
    if (line.empty() || line.starts_with("|") || is_heading || is_bold) end_paragraph();
    if (is_heading || is_bold) {
      const size_t hashes = is_heading ? line.find(' ') : 6;
      const bool begins = has(line, name);
      within = begins || (within && hashes > level);
      if (begins) level = hashes;
    }
    paragraph += line + "\n";
  }
  end_paragraph();
  return result;
}

TEST_CASE("help: docs/ has every option of every command, and every topic", "[help]") {
  const std::filesystem::path docs = CRAWL_SOURCE_DIR "/docs";
  for (const Command& command : commands()) {
    CAPTURE(command.name);
    std::string usage = parts_about(command.name, docs / "usage.md");
    CHECK_FALSE(usage.empty());
    // Has those of a run, and says so.
    if (command.name == "config") usage += parts_about("run", docs / "usage.md");
    const std::filesystem::path own = docs / (command.name + ".md");
    if (std::filesystem::exists(own)) usage += parts_about(command.name, own);
    for (const ShownOption& option : command.options()) {
      bool found = option.names == "-h,--help";
      for (const std::string& name : spellings(option)) {
        found = found || has(usage, "`" + name + "`") || has(usage, name + " ") ||
                has(usage, name + "\n") || has(usage, name + "]");
      }
      CAPTURE(option.names);
      CHECK(found);
    }
  }
  const std::string help = parts_about("help", docs / "usage.md");
  for (const Topic& topic : topics()) {
    CAPTURE(topic.name);
    CHECK(has(help, "`" + topic.name + "`"));
  }
}

}  // namespace
}  // namespace crawl
