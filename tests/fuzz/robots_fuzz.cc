// SPDX-License-Identifier: MIT
// robots.txt: any bytes parse; what is stored reads back the same; hostile stored rules are either
// refused or stable. Behind a NUL in the input comes the path that is asked about. What is parsed
// in a fetcher, sent, and decided in the coordinator is what RFC 9309 §2.2.2 says, written plainly.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/escape.h"
#include "base/limits.h"
#include "ipc/messages.h"
#include "web/robots.h"
#include "web/robots_pattern.h"

namespace {

using namespace crawl;

// Each place of each '*' is tried.
bool matches_plainly(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return true;
  if (pattern == "$") return path.empty();
  if (pattern.front() != '*') {
    return path.starts_with(pattern.front()) && matches_plainly(pattern.substr(1), path.substr(1));
  }
  for (size_t skipped = 0; skipped <= path.size(); ++skipped) {
    if (matches_plainly(pattern.substr(1), path.substr(skipped))) return true;
  }
  return false;
}

// Exponential in the stars.
bool is_costly(const RobotsRules& rules, std::string_view path) {
  if (path.size() > 100 || rules.rules().size() > 50) return true;
  return std::any_of(rules.rules().begin(), rules.rules().end(), [](const RobotsRule& rule) {
    return rule.pattern.size() > 100 ||
           std::count(rule.pattern.begin(), rule.pattern.end(), '*') > 3;
  });
}

// The longest match, and of two the one that allows.
bool allowed_plainly(const RobotsRules& rules, std::string_view path) {
  if (path == "/robots.txt") return true;
  const RobotsRule* best = nullptr;
  for (const RobotsRule& rule : rules.rules()) {
    if (!matches_plainly(rule.pattern, path)) continue;
    const bool better = best == nullptr || rule.pattern.size() > best->pattern.size() ||
                        (rule.pattern.size() == best->pattern.size() && rule.allow);
    if (better) best = &rule;
  }
  return best == nullptr || best->allow;
}

RobotsRules received(const RobotsRules& sent) {
  const std::string text = sent.serialize();
  RobotsResult result;
  result.transfer.outcome = Outcome::kOk;
  result.rules = text;
  std::string message;
  encode_message(result, message);
  const auto decoded = decode_message<RobotsResult>(message);
  CRAWL_CHECK(decoded.has_value());
  auto rules = RobotsRules::deserialize(decoded->rules);
  CRAWL_CHECK(rules.has_value());
  return *rules;
}

void check_decisions(std::string_view input) {
  const size_t split = input.find('\0');
  if (split == std::string_view::npos) return;
  const RobotsRules parsed = RobotsRules::parse(input.substr(0, split), "crawl");
  const RobotsRules rules = received(parsed);
  CRAWL_CHECK(rules.crawl_delay_ms() == parsed.crawl_delay_ms());
  CRAWL_CHECK(rules.sitemaps() == parsed.sitemaps());
  const std::string asked = "/" + std::string(input.substr(split + 1));
  const std::string path = normalize_robots_path(asked, RobotsForm::kPath);
  CRAWL_CHECK(normalize_robots_path(path, RobotsForm::kPath) == path);
  const RobotsDecision decision = rules.decide(asked);
  CRAWL_CHECK(decision.allowed == rules.decide(path).allowed);
  if (!is_costly(rules, path)) CRAWL_CHECK(decision.allowed == allowed_plainly(rules, path));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_decisions(bytes);

  const RobotsRules rules = RobotsRules::parse(bytes, "crawl");
  const std::string text = rules.serialize();
  CRAWL_CHECK(text.size() <= 2 * kRobotsBytesMax);
  CRAWL_CHECK(is_valid_utf8(text));
  const auto back = RobotsRules::deserialize(text);
  CRAWL_CHECK(back.has_value());
  CRAWL_CHECK(back->serialize() == text);

  const std::string_view path = bytes.substr(0, kUrlBytesMax);
  CRAWL_CHECK(rules.decide(path).allowed == back->decide(path).allowed);
  CRAWL_CHECK(rules.decide("/robots.txt").allowed);

  if (const auto hostile = RobotsRules::deserialize(bytes)) {
    CRAWL_CHECK(hostile->serialize() == bytes);
    static_cast<void>(hostile->decide(path));
  }
  return 0;
}
