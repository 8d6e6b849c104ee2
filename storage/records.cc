// SPDX-License-Identifier: MIT
#include "storage/records.h"

#include <array>

#include "base/check.h"

namespace crawl {

namespace {

constexpr std::array<std::string_view, 5> kRobotsStates = {"unknown", "ok", "unavailable",
                                                           "unreachable", "ignored"};

}  // namespace

std::string_view name(RobotsState state) {
  const auto index = static_cast<size_t>(state);
  CRAWL_CHECK(index < kRobotsStates.size());
  return kRobotsStates[index];
}

std::optional<RobotsState> robots_state_named(std::string_view name) {
  for (size_t i = 0; i < kRobotsStates.size(); ++i) {
    if (kRobotsStates[i] == name) return static_cast<RobotsState>(i);
  }
  return std::nullopt;
}

size_t WriteUnit::bytes() const {
  size_t total =
      sizeof *this + upgrades.size() * sizeof(UrlUpgrade) + listed.size() * sizeof(ListedUrl);
  for (const SeedRow& row : seeds) {
    total += sizeof row + row.url.size() + row.scope.size() + row.tag.size();
  }
  for (const std::vector<HostRow>* rows : {&new_hosts, &host_updates}) {
    for (const HostRow& row : *rows) {
      total += sizeof row + row.name.size();
      for (const RobotsRow& robots : row.robots) total += robots.rules.size();
    }
  }
  for (const NewUrl& row : new_urls) total += sizeof row + row.url.size() + row.rule.size();
  for (const UrlUpdate& row : url_updates) {
    total += sizeof row + row.reason.size() + row.rule.size();
  }
  for (const EventRow& row : events) {
    total += sizeof row + row.kind.size() + row.url.size() + row.text.size();
  }
  if (page) {
    total += page->links.size() * sizeof(LinkRow);
    if (page->backing) total += page->backing->size();
  }
  return total;
}

}  // namespace crawl
