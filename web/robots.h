// SPDX-License-Identifier: MIT
#pragma once

// robots.txt by RFC 9309, with what Google's parser settles beyond it (typos of keys, line endings).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace crawl {

struct RobotsRule {
  bool allow = false;
  std::string pattern;  // normalised path pattern, with '*' and a final '$' as written
};

struct RobotsDecision {
  bool allowed = true;
  const RobotsRule* rule = nullptr;  // the rule that decided; nullptr: none matched
};

// The rules of one robots.txt that apply to one user agent.
class RobotsRules {
 public:
  // Parses at most kRobotsBytesMax of `bytes` (RFC 9309 §2.5). `agent` is a product token ("crawl"),
  // compared without regard to case (§2.2.1). Any bytes are acceptable; lines without meaning are
  // ignored.
  static RobotsRules parse(std::string_view bytes, std::string_view agent);

  // §2.2.2: the longest match wins, Allow wins ties, no match allows, /robots.txt is always allowed.
  // `path_and_query` is that part of a canonical URL ("/a?b"). Linear in the path for each rule.
  RobotsDecision decide(std::string_view path_and_query) const;

  std::optional<int64_t> crawl_delay_ms() const { return crawl_delay_ms_; }
  const std::vector<std::string>& sitemaps() const { return sitemaps_; }
  const std::vector<RobotsRule>& rules() const { return rules_; }

  // As text, itself a robots.txt of one group: what the database keeps and messages carry.
  std::string serialize() const;
  // kCorrupt unless `text` came from serialize().
  static Result<RobotsRules> deserialize(std::string_view text);

 private:
  std::vector<RobotsRule> rules_;
  std::vector<std::string> sitemaps_;  // as written
  std::optional<int64_t> crawl_delay_ms_;
};

}  // namespace crawl
