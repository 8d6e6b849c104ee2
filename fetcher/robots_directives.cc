// SPDX-License-Identifier: MIT
#include "fetcher/robots_directives.h"

#include <algorithm>

#include "fetcher/ascii.h"
#include "ipc/messages.h"

namespace crawl {
namespace {

uint8_t bits_of(std::string_view directive) {
  if (equals_ignoring_case(directive, "noindex")) return kRobotsNoindex;
  if (equals_ignoring_case(directive, "nofollow")) return kRobotsNofollow;
  if (equals_ignoring_case(directive, "noarchive")) return kRobotsNoarchive;
  if (equals_ignoring_case(directive, "none")) return kRobotsNoindex | kRobotsNofollow;
  return 0;
}

// Directives that have a value after a colon, and so are no agents' names.
bool takes_value(std::string_view word) {
  constexpr std::string_view kWithValue[] = {"max-image-preview", "max-snippet",
                                             "max-video-preview", "unavailable_after"};
  return std::any_of(std::begin(kWithValue), std::end(kWithValue),
                     [word](std::string_view name) { return equals_ignoring_case(word, name); });
}

bool same_agent(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

}  // namespace

uint8_t robots_in_meta(std::string_view content) {
  unsigned bits = 0;
  while (true) {
    const std::string_view directive = next_token(content, ',');
    if (directive.empty()) return static_cast<uint8_t>(bits);
    bits |= bits_of(directive);
  }
}

uint8_t robots_in_header(std::string_view value, std::string_view agent) {
  unsigned bits = 0;
  bool for_us = true;
  while (!value.empty()) {
    const size_t comma = value.find(',');
    std::string_view part = trim_ascii_space(value.substr(0, comma));
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
    const size_t colon = part.find(':');
    if (colon != std::string_view::npos) {
      const std::string_view word = trim_ascii_space(part.substr(0, colon));
      if (takes_value(word)) continue;
      for_us = !agent.empty() && same_agent(word, agent);
      part = trim_ascii_space(part.substr(colon + 1));
    }
    if (for_us) bits |= bits_of(part);
  }
  return static_cast<uint8_t>(bits);
}

}  // namespace crawl
