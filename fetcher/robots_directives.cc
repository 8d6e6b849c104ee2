// SPDX-License-Identifier: MIT
#include "fetcher/robots_directives.h"

#include <algorithm>

#include "fetcher/ascii.h"
#include "web/lenient_date.h"

namespace crawl {
namespace {

unsigned bits_of(std::string_view directive) {
  if (equals_ignoring_case(directive, "noindex")) return kRobotsNoindex;
  if (equals_ignoring_case(directive, "nofollow")) return kRobotsNofollow;
  if (equals_ignoring_case(directive, "noarchive")) return kRobotsNoarchive;
  if (equals_ignoring_case(directive, "none")) return kRobotsNoindex | kRobotsNofollow;
  return 0;
}

constexpr std::string_view kUnavailableAfter = "unavailable_after";

// Directives that have a value after a colon, and so are no agents' names.
bool takes_value(std::string_view word) {
  constexpr std::string_view kWithValue[] = {kUnavailableAfter, "max-image-preview", "max-snippet",
                                             "max-video-preview"};
  return std::any_of(std::begin(kWithValue), std::end(kWithValue),
                     [word](std::string_view name) { return equals_ignoring_case(word, name); });
}

// What stands before a colon: "otherbot: noindex". The time in a date that cannot be read is none.
bool is_agent_name(std::string_view word) {
  return std::none_of(word.begin(), word.end(), is_ascii_space) && !takes_value(word);
}

std::string_view take_part(std::string_view& rest) {
  const size_t comma = rest.find(',');
  const std::string_view part = trim_ascii_space(rest.substr(0, comma));
  rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  return part;
}

class DirectiveReader {
 public:
  // `agent`: whose directives count; with `names_agents` false, no part is an agent's name.
  DirectiveReader(std::string_view agent, bool names_agents)
      : agent_(agent), names_agents_(names_agents) {}

  void read(std::string_view list) {
    bool for_us = true;
    while (!list.empty()) {
      std::string_view part = take_part(list);
      size_t colon = part.find(':');
      std::string_view word = trim_ascii_space(part.substr(0, colon));
      if (names_agents_ && colon != std::string_view::npos && is_agent_name(word)) {
        for_us = !word.empty() && same_ignoring_case(word, agent_);
        part = trim_ascii_space(part.substr(colon + 1));
        colon = part.find(':');
        word = trim_ascii_space(part.substr(0, colon));
      }
      if (colon == std::string_view::npos || !takes_value(word)) {
        if (for_us) add_words(part);
        continue;
      }
      const std::string_view value = trim_ascii_space(part.substr(colon + 1));
      if (equals_ignoring_case(word, kUnavailableAfter)) read_date(value, list, for_us);
    }
  }

  RobotsDirectives result() const { return {static_cast<uint8_t>(bits_), unavailable_after_ms_}; }

 private:
  void add_words(std::string_view part) {
    for (std::string_view word = next_token(part); !word.empty(); word = next_token(part)) {
      bits_ |= bits_of(word);
    }
  }

  // A date may have commas of its own, behind the weekday and the day: what follows them belongs to
  // it where all together is a date.
  void read_date(std::string_view value, std::string_view& list, bool for_us) {
    std::optional<int64_t> date = parse_lenient_date(value);
    std::string_view behind = list;
    for (int commas = 0; commas < 2 && !date && !behind.empty(); ++commas) {
      const std::string_view more = take_part(behind);
      const char* const end = more.data() + more.size();
      date = parse_lenient_date({value.data(), static_cast<size_t>(end - value.data())});
      if (date) list = behind;
    }
    if (!date || !for_us) return;
    // 0 means none; a page that vanished in 1970 has vanished all the same in the next millisecond.
    const int64_t at_ms = std::max<int64_t>(*date, 1);
    if (unavailable_after_ms_ == 0 || at_ms < unavailable_after_ms_) unavailable_after_ms_ = at_ms;
  }

  std::string_view agent_;
  bool names_agents_;
  unsigned bits_ = 0;
  int64_t unavailable_after_ms_ = 0;
};

}  // namespace

RobotsDirectives robots_in_meta(std::string_view content) {
  DirectiveReader reader("", false);
  reader.read(content);
  return reader.result();
}

RobotsDirectives robots_in_header(std::string_view values, std::string_view agent) {
  DirectiveReader reader(agent, true);
  while (!values.empty()) {
    const size_t end = std::min(values.find('\n'), values.size());
    reader.read(values.substr(0, end));
    values.remove_prefix(std::min(end + 1, values.size()));
  }
  return reader.result();
}

void add_directives(const RobotsDirectives& directives, PageResult& result) {
  result.robots_directives = static_cast<uint8_t>(result.robots_directives | directives.bits);
  const int64_t at_ms = directives.unavailable_after_ms;
  if (at_ms == 0) return;
  const int64_t known_ms = result.unavailable_after_ms;
  result.unavailable_after_ms = known_ms == 0 ? at_ms : std::min(known_ms, at_ms);
}

void settle_unavailable(int64_t now_ms, PageResult& result) {
  if (result.unavailable_after_ms == 0 || result.unavailable_after_ms > now_ms) return;
  result.robots_directives =
      static_cast<uint8_t>(result.robots_directives | kRobotsUnavailable | kRobotsNoindex);
}

}  // namespace crawl
