// SPDX-License-Identifier: MIT
#include "web/robots.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "base/ascii.h"
#include "base/escape.h"
#include "web/robots_pattern.h"

namespace crawl {

namespace {

constexpr std::string_view kBlanks = " \t\v\f";

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// A path begins with '/', so nothing else can ever match.
bool can_match(std::string_view pattern) {
  return pattern.starts_with('/') || pattern.starts_with('*') || pattern.starts_with('$');
}

// Octets that one decision may pass, about two milliseconds: five hundred wildcard rules against a
// path of 4 KiB. Without it, one robots.txt could stall the coordinator.
constexpr size_t kMatchStepsMax = 2'000'000;

// §2.2.2 "the most octets"; Allow before Disallow; the rest makes the order total.
bool precedes(const RobotsRule& a, const RobotsRule& b) {
  if (a.pattern.size() != b.pattern.size()) return a.pattern.size() > b.pattern.size();
  if (a.allow != b.allow) return a.allow;
  return a.pattern < b.pattern;
}

constexpr int64_t kSecondsMaxMs = 999'999'999'999;

// "10", "0.5", ".5" seconds; nullopt for nonsense (a sign, a unit, more than thirty years).
std::optional<int64_t> parse_seconds_ms(std::string_view text) {
  const size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (whole.size() > 9 || !std::all_of(whole.begin(), whole.end(), is_ascii_digit))
    return std::nullopt;
  if (!std::all_of(fraction.begin(), fraction.end(), is_ascii_digit)) return std::nullopt;
  int64_t ms = 0;
  for (const char digit : whole) ms = ms * 10 + (digit - '0');
  for (size_t i = 0; i < 3; ++i) ms = ms * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  // Less than a millisecond is rounded up: never sooner than asked for.
  if (fraction.find_first_not_of('0', 3) != std::string_view::npos) ++ms;
  return std::min(ms, kSecondsMaxMs);
}

std::string format_seconds(int64_t ms) {
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 == 0) return text;
  std::string fraction = std::to_string(1000 + ms % 1000).substr(1);
  while (fraction.back() == '0') fraction.pop_back();
  return text + "." + fraction;
}

// What can stand on a line of its own and be read back: UTF-8 text, no controls, no comment.
bool is_line_value(std::string_view text) {
  if (text.empty() || text.size() > kUrlBytesMax || text != trim(text)) return false;
  const auto harmful = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F || c == '#';
  };
  return std::none_of(text.begin(), text.end(), harmful) && is_valid_utf8(text);
}

enum class Key { kUserAgent, kAllow, kDisallow, kSitemap, kCrawlDelay, kUnknown };

struct KeyName {
  std::string_view name;
  Key key;
};

// §2.2, and the misspellings that Google's parser forgives.
constexpr std::array<KeyName, 21> kKeyNames = {
    {{"user-agent", Key::kUserAgent},  {"useragent", Key::kUserAgent},
     {"user agent", Key::kUserAgent},  {"user_agent", Key::kUserAgent},
     {"user-agents", Key::kUserAgent}, {"allow", Key::kAllow},
     {"disallow", Key::kDisallow},     {"dissallow", Key::kDisallow},
     {"dissalow", Key::kDisallow},     {"disalow", Key::kDisallow},
     {"diasllow", Key::kDisallow},     {"disallaw", Key::kDisallow},
     {"dis-allow", Key::kDisallow},    {"sitemap", Key::kSitemap},
     {"site-map", Key::kSitemap},      {"site map", Key::kSitemap},
     {"sitemaps", Key::kSitemap},      {"crawl-delay", Key::kCrawlDelay},
     {"crawldelay", Key::kCrawlDelay}, {"crawl delay", Key::kCrawlDelay},
     {"crawl_delay", Key::kCrawlDelay}}};

Key key_named(std::string_view name) {
  for (const KeyName& known : kKeyNames) {
    if (same_ignoring_case(known.name, name)) return known.key;
  }
  return Key::kUnknown;
}

struct Line {
  Key key = Key::kUnknown;
  std::string_view value;
};

Line parse_line(std::string_view text) {
  text = text.substr(0, kRobotsLineBytesMax);
  text = trim(text.substr(0, text.find('#')));
  size_t separator = text.find(':');
  if (separator == std::string_view::npos) {
    // A forgotten colon is forgiven where the line is two words and nothing else.
    separator = text.find_first_of(kBlanks);
    if (separator == std::string_view::npos) return {};
    if (trim(text.substr(separator)).find_first_of(kBlanks) != std::string_view::npos) return {};
  }
  return {key_named(trim(text.substr(0, separator))), trim(text.substr(separator + 1))};
}

// Takes the next line; ends at LF, CR or CRLF (an empty line between CR and LF does no harm).
std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

// §2.2.1: the part of a user agent that is compared.
std::string_view product_token(std::string_view agent) {
  const auto end = std::find_if_not(agent.begin(), agent.end(), [](char c) {
    return is_ascii_letter(c) || c == '_' || c == '-';
  });
  return agent.substr(0, static_cast<size_t>(end - agent.begin()));
}

constexpr std::string_view kGroupLine = "User-agent: *";
constexpr std::string_view kDelayKey = "Crawl-delay: ";
constexpr std::string_view kAllowKey = "Allow: ";
constexpr std::string_view kDisallowKey = "Disallow: ";
constexpr std::string_view kSitemapKey = "Sitemap: ";

std::string_view key_of(const RobotsRule& rule) { return rule.allow ? kAllowKey : kDisallowKey; }

}  // namespace

// Reads the lines of one file and collects what holds for `agent` and what holds for everybody
// else.
class RobotsParser {
 public:
  explicit RobotsParser(std::string_view agent) : agent_(product_token(agent)) {}

  void line(const Line& line) {
    switch (line.key) {
      case Key::kUserAgent:
        return user_agent(line.value);
      case Key::kAllow:
        return rule(true, line.value);
      case Key::kDisallow:
        return rule(false, line.value);
      case Key::kCrawlDelay:
        return crawl_delay(line.value);
      case Key::kSitemap:
        return sitemap(line.value);
      case Key::kUnknown:
        return;
    }
  }

  RobotsRules finish() {
    Group& group = found_agent_ ? own_ : anyone_;
    RobotsRules result;
    result.crawl_delay_ms_ = group.crawl_delay_ms;
    size_t room = 2 * kRobotsBytesMax - 100;  // without the lines of the agent and the delay
    for (RobotsRule& each : group.rules) {
      // Encoding can make a pattern three times as long: what no longer fits comes last in the
      // file.
      const size_t bytes = key_of(each).size() + each.pattern.size() + 1;
      if (bytes > room) break;
      room -= bytes;
      result.rules_.push_back(std::move(each));
    }
    std::sort(result.rules_.begin(), result.rules_.end(), precedes);
    drop_shadowed(result.rules_);
    for (std::string& each : sitemaps_) {
      const size_t bytes = kSitemapKey.size() + each.size() + 1;
      if (bytes > room) break;
      room -= bytes;
      result.sitemaps_.push_back(std::move(each));
    }
    return result;
  }

  // Of equal patterns the first decides.
  static void drop_shadowed(std::vector<RobotsRule>& rules) {
    std::unordered_set<std::string_view> seen;
    std::vector<bool> keep(rules.size());
    for (size_t i = 0; i < rules.size(); ++i) keep[i] = seen.insert(rules[i].pattern).second;
    std::vector<RobotsRule> kept;
    for (size_t i = 0; i < rules.size(); ++i) {
      if (keep[i]) kept.push_back(std::move(rules[i]));
    }
    rules = std::move(kept);
  }

  // One line of serialize(); false when it cannot be one.
  static bool read_back(std::string_view line, RobotsRules& rules) {
    const auto take = [&line](std::string_view key) {
      if (!line.starts_with(key)) return false;
      line.remove_prefix(key.size());
      return true;
    };
    if (take(kAllowKey)) return read_back_rule(true, line, rules);
    if (take(kDisallowKey)) return read_back_rule(false, line, rules);
    if (take(kSitemapKey)) {
      if (!is_line_value(line) || rules.sitemaps_.size() == kRobotsSitemapsMax) return false;
      rules.sitemaps_.emplace_back(line);
      return true;
    }
    if (!take(kDelayKey)) return false;
    rules.crawl_delay_ms_ = parse_seconds_ms(line);
    return rules.crawl_delay_ms_.has_value();
  }

 private:
  struct Group {
    std::vector<RobotsRule> rules;
    std::optional<int64_t> crawl_delay_ms;
  };

  static bool read_back_rule(bool allow, std::string_view pattern, RobotsRules& rules) {
    if (!can_match(pattern) || normalize_robots_path(pattern, RobotsForm::kPattern) != pattern)
      return false;
    RobotsRule rule{allow, std::string(pattern)};
    if (!rules.rules_.empty() && !precedes(rules.rules_.back(), rule)) return false;
    if (rules.rules_.size() == kRobotsRulesMax) return false;
    rules.rules_.push_back(std::move(rule));
    return true;
  }

  // §2.2.1: agent lines in a row name one group; groups of the same agent are merged. Only a rule
  // ends the row: §2.2.4 forbids that other records do.
  void user_agent(std::string_view value) {
    if (seen_rule_) {
      in_own_ = in_anyone_ = false;
      seen_rule_ = false;
    }
    const bool star =
        value.starts_with('*') && (value.size() == 1 || kBlanks.find(value[1]) != kBlanks.npos);
    if (star) in_anyone_ = true;
    if (!agent_.empty() && same_ignoring_case(product_token(value), agent_)) {
      in_own_ = found_agent_ = true;
    }
  }

  void rule(bool allow, std::string_view value) {
    seen_rule_ = true;
    if (!in_own_ && !in_anyone_) return;
    // An empty pattern cannot match: "Disallow:" closes nothing.
    const RobotsRule rule{allow, normalize_robots_path(value, RobotsForm::kPattern)};
    if (!can_match(rule.pattern)) return;
    if (in_own_) own_.rules.push_back(rule);
    if (in_anyone_ && !found_agent_) anyone_.rules.push_back(rule);
  }

  // For the agents named so far: whoever writes a delay between two agents means the first.
  void crawl_delay(std::string_view value) {
    const auto ms = parse_seconds_ms(value);
    if (!ms) return;
    if (in_own_) own_.crawl_delay_ms = std::max(own_.crawl_delay_ms.value_or(0), *ms);
    if (in_anyone_) anyone_.crawl_delay_ms = std::max(anyone_.crawl_delay_ms.value_or(0), *ms);
  }

  void sitemap(std::string_view value) {
    if (sitemaps_.size() == kRobotsSitemapsMax || !is_line_value(value)) return;
    if (std::find(sitemaps_.begin(), sitemaps_.end(), value) != sitemaps_.end()) return;
    sitemaps_.emplace_back(value);
  }

  const std::string_view agent_;
  Group own_;
  Group anyone_;
  std::vector<std::string> sitemaps_;
  bool found_agent_ = false;  // from then on nobody asks for the rules of '*'
  bool in_own_ = false;
  bool in_anyone_ = false;
  bool seen_rule_ = false;  // since the last agent line
};

RobotsRules RobotsRules::parse(std::string_view bytes, std::string_view agent) {
  if (bytes.size() >= kRobotsBytesMax) {
    // The last line may have been cut, and half a pattern would close too much: leave it out.
    bytes = bytes.substr(0, kRobotsBytesMax);
    bytes = bytes.substr(0, bytes.find_last_of("\r\n") + 1);
  }
  // A byte order mark, also one that has lost its end.
  for (const char byte : std::string_view("\xEF\xBB\xBF")) {
    if (!bytes.starts_with(byte)) break;
    bytes.remove_prefix(1);
  }
  RobotsParser parser(agent);
  while (!bytes.empty()) parser.line(parse_line(take_line(bytes)));
  return parser.finish();
}

RobotsDecision RobotsRules::decide(std::string_view path_and_query) const {
  const std::string path = normalize_robots_path(path_and_query, RobotsForm::kPath);
  if (path == "/robots.txt") return {};
  size_t steps = kMatchStepsMax;
  for (const RobotsRule& rule : rules_) {
    const RobotsMatch match = match_robots_pattern(rule.pattern, path, steps);
    if (match == RobotsMatch::kYes) return {rule.allow, &rule};
    if (match == RobotsMatch::kTooCostly) return {false, nullptr};
  }
  return {};
}

size_t RobotsRules::memory_bytes() const {
  size_t bytes =
      rules_.capacity() * sizeof(RobotsRule) + sitemaps_.capacity() * sizeof(std::string);
  for (const RobotsRule& rule : rules_) bytes += rule.pattern.capacity();
  for (const std::string& sitemap : sitemaps_) bytes += sitemap.capacity();
  return bytes;
}

void RobotsRules::drop_rules() {
  rules_ = std::vector<RobotsRule>();  // "= {}" would keep the memory
  sitemaps_ = std::vector<std::string>();
}

std::string RobotsRules::serialize() const {
  std::string out(kGroupLine);
  const auto add = [&out](std::string_view key, std::string_view value) {
    out += '\n';
    out += key;
    out += value;
  };
  if (crawl_delay_ms_) add(kDelayKey, format_seconds(*crawl_delay_ms_));
  for (const RobotsRule& rule : rules_) add(key_of(rule), rule.pattern);
  for (const std::string& each : sitemaps_) add(kSitemapKey, each);
  out += '\n';
  return out;
}

Result<RobotsRules> RobotsRules::deserialize(std::string_view text) {
  const auto corrupt = [](size_t line) {
    return Error{Errc::kCorrupt, 0,
                 "stored robots rules are damaged at line " + std::to_string(line)};
  };
  if (text.size() > 2 * kRobotsBytesMax) return corrupt(0);
  std::string_view rest = text;
  size_t number = 1;
  if (take_line(rest) != kGroupLine) return corrupt(number);
  RobotsRules rules;
  while (!rest.empty()) {
    ++number;
    if (!RobotsParser::read_back(take_line(rest), rules)) return corrupt(number);
  }
  // Each line was well-formed; their order and spelling are checked by writing them again.
  if (rules.serialize() != text) return corrupt(number);
  return rules;
}

}  // namespace crawl
