// SPDX-License-Identifier: MIT
#include "crawler/secrets.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

namespace crawl {
namespace {

const char* environment(const char* name) {
  const std::string wanted = name;
  if (wanted == "PW") return "a/b %@:#";
  if (wanted == "URL") return "http://me:x%41@p:1";
  if (wanted == "LINES") return "a\nb";
  return wanted == "EMPTY" ? "" : nullptr;
}

TEST_CASE("secrets: variables stand in for what is secret", "[secrets]") {
  const auto text = [](const std::string& from) { return with_environment(from, environment); };
  CHECK(text("no variable, $PW, {PW}").value() == "no variable, $PW, {PW}");
  CHECK(text("${PW}").value() == "a/b %@:#");
  CHECK(text("x${PW}y${PW}$").value() == "xa/b %@:#ya/b %@:#$");
  for (const char* wrong :
       {"${NONE}", "${EMPTY}", "${LINES}", "${}", "${a b}", "${PW", "${${PW}}"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(text(wrong));
    CHECK(text(wrong).error().message().find("a/b") == std::string::npos);
  }
}

TEST_CASE("secrets: in a URL a variable may be any password, or the whole of it", "[secrets]") {
  const auto url = [](const std::string& from) { return url_with_environment(from, environment); };
  CHECK(url("http://me:${PW}@p:1").value() == "http://me:a%2Fb%20%25%40%3A%23@p:1");
  CHECK(url("${URL}").value() == "http://me:x%41@p:1");
  CHECK_FALSE(url("http://${NONE}@p:1"));
}

TEST_CASE("secrets: names of variables", "[secrets]") {
  for (const char* name : {"A", "_", "a1_B"}) CHECK(is_environment_name(name));
  for (const char* name : {"", "1A", "A-B", "A B", "\xC3\xA4", "A="}) {
    CAPTURE(name);
    CHECK_FALSE(is_environment_name(name));
  }
}

}  // namespace
}  // namespace crawl
