// SPDX-License-Identifier: MIT
#include "crawler/canonical_option.h"

#include <string>

#include "crawler/command_line.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

std::string problem(const std::string& list) {
  const Result<CanonicalOptions> options = read_canonical_list(list);
  return options ? "" : options.error().message();
}

}  // namespace

TEST_CASE("canonical_option: a wrong word is named, with the nearest right one",
          "[canonical_option]") {
  const std::string choices = "one of sort, session, tracking, index, all, none";
  CHECK(problem("sort,index") == "");
  CHECK(problem("sort,trackin") == "'trackin' is not " + choices + "; did you mean tracking?");
  CHECK(problem("\x1b") == "'\x1b' is not " + choices);
  CHECK(problem("") == "'' is not " + choices);
  CHECK(problem("sort,all") == "'all' stands alone");
}

TEST_CASE("canonical_option: the url command takes it", "[canonical_option]") {
  const CommandLine line = parse_command_line({"url", "--canonicalize", "sort", "http://h/"}, {});
  REQUIRE(std::holds_alternative<UrlOptions>(line));
  REQUIRE(std::get<UrlOptions>(line).canonicalize);
  CHECK(canonical_options_text(*std::get<UrlOptions>(line).canonicalize) == "sort");
  const CommandLine without = parse_command_line({"url", "http://h/"}, {});
  CHECK_FALSE(std::get<UrlOptions>(without).canonicalize);
  const CommandLine wrong = parse_command_line({"url", "--canonicalize", "x", "http://h/"}, {});
  CHECK(std::get<UsageError>(wrong).code == ExitCode::kUsage);
}

}  // namespace crawl
