// SPDX-License-Identifier: MIT
#include "web/credentials.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace crawl {

namespace {

constexpr std::array<std::string_view, 3> kNames = {"authorization", "proxy-authorization",
                                                    "cookie"};
constexpr std::array<std::string_view, 11> kWords = {
    "key",    "apikey",      "token",      "auth",    "secret", "password",
    "passwd", "credentials", "credential", "session", "jwt"};

}  // namespace

std::string_view header_name(std::string_view line) {
  // Some servers forgive white space before the colon, and libcurl ends a name at ';' too.
  return line.substr(0, line.find_first_of(":; \t"));
}

bool is_credential(std::string_view line) {
  std::string_view rest = header_name(line);
  const auto is_name = [&](std::string_view name) { return equals_ignoring_case(rest, name); };
  if (std::any_of(kNames.begin(), kNames.end(), is_name)) return true;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find_first_of("-_."));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    const auto is_word = [&](std::string_view one) { return equals_ignoring_case(word, one); };
    if (std::any_of(kWords.begin(), kWords.end(), is_word)) return true;
  }
  return false;
}

}  // namespace crawl
