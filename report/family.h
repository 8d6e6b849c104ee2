// SPDX-License-Identifier: MIT
#pragma once

// What became of URLs, in the few kinds that a chart can tell apart. Each has a colour of its own
// in report.css, and charts stack them in this order.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/vocabulary.h"
#include "report/html.h"

namespace crawl {

enum class Family : uint8_t {
  kOk = 0,
  kRedirect = 1,
  kErrorStatus = 2,
  kNoAnswer = 3,
  kNotKept = 4,
  kWaiting = 5,
  kSkipped = 6,
};
inline constexpr size_t kFamilies = 7;
// Those of URLs that were fetched stand first.
inline constexpr size_t kFetchedFamilies = 5;

using FamilyCounts = std::array<int64_t, kFamilies>;

Family family_of(Outcome outcome);   // kNone: waiting
Markup family_name(Family family);   // "Error status"
Markup family_class(Family family);  // "f-error"
FamilyCounts sum_of(const std::vector<FamilyCounts>& all);

}  // namespace crawl
