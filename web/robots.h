// SPDX-License-Identifier: MIT
#pragma once

// robots.txt by RFC 9309, with what Google's parser settles beyond it (typos of keys, line
// endings). Section numbers below are the RFC's.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace crawl {

// More rules than 500 KiB can hold, so that parse() never drops one for their number.
inline constexpr size_t kRobotsRulesMax = kRobotsBytesMax / 8;
inline constexpr size_t kRobotsSitemapsMax = 1'000;
inline constexpr size_t kRobotsLineBytesMax =
    size_t{16} * 1024;  // the rest of a longer line is ignored

struct RobotsRule {
  bool allow = false;
  std::string pattern;  // normalised path pattern, with '*' and a final '$' as written
};

struct RobotsDecision {
  bool allowed = true;
  // The rule that decided; nullptr: none matched, or (when denied) the rules were too costly to
  // match.
  const RobotsRule* rule = nullptr;
};

// The rules of one robots.txt that apply to one user agent.
class RobotsRules {
 public:
  // Parses at most kRobotsBytesMax of `bytes` (§2.5). `agent` is a product token ("crawl"),
  // compared without regard to case (§2.2.1). Any bytes are acceptable; lines without meaning are
  // ignored.
  static RobotsRules parse(std::string_view bytes, std::string_view agent);

  // §2.2.2: the longest match wins, Allow wins ties, no match allows, /robots.txt is always
  // allowed. `path_and_query` is that part of a canonical URL ("/a?b"). The work is bounded: a
  // hostile mix of thousands of wildcard rules and a long path is denied when the bound is reached.
  RobotsDecision decide(std::string_view path_and_query) const;

  // As asked for; not capped here. The largest, where the group has several.
  std::optional<int64_t> crawl_delay_ms() const { return crawl_delay_ms_; }
  // Of the whole file, whatever the group (§2.2.4): as written, perhaps relative.
  const std::vector<std::string>& sitemaps() const { return sitemaps_; }
  // In order of precedence, each pattern once.
  const std::vector<RobotsRule>& rules() const { return rules_; }

  size_t memory_bytes() const;
  // All is forgotten but the Crawl-delay.
  void drop_rules();

  // As text, itself a robots.txt of one group: what the database keeps and messages carry. Valid
  // UTF-8, at most 2 * kRobotsBytesMax.
  std::string serialize() const;
  // kCorrupt unless `text` came from serialize(): what it returns serialises to `text` again.
  static Result<RobotsRules> deserialize(std::string_view text);

 private:
  friend class RobotsParser;

  std::vector<RobotsRule> rules_;  // sorted by precedence, so that the first match decides
  std::vector<std::string> sitemaps_;
  std::optional<int64_t> crawl_delay_ms_;
};

}  // namespace crawl
