// SPDX-License-Identifier: MIT
#pragma once

// The seeds file: one URL per line, '#' comments, then optional key=value (depth, scope, tag).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "web/url.h"

namespace crawl {

enum class Scope : uint8_t { kHost = 0, kDomain = 1, kPrefix = 2, kAny = 3 };
std::string_view name(Scope scope);
std::optional<Scope> scope_named(std::string_view name);

struct Seed {
  Url url;  // canonical, http or https
  std::optional<int64_t> depth;
  std::optional<Scope> scope;
  std::string tag;
};

struct SeedList {
  std::vector<Seed> seeds;            // without duplicates, in order
  std::vector<std::string> problems;  // "seeds.txt:12: not a URL: …", escaped for a terminal
};

// `source` names the input in problems. Bytes that are no text (NUL, invalid UTF-8) make a bad
// line; a line longer than 64 KiB too. A URL without a scheme ("example.com/x") is a bad line that
// says what to write.
SeedList read_seeds(std::string_view bytes, std::string_view source);
// A seed from the command line.
Result<Seed> parse_seed(std::string_view text);

}  // namespace crawl
