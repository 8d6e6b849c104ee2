// SPDX-License-Identifier: MIT
#include "report/family.h"

namespace crawl {

Family family_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNone:
      return Family::kWaiting;
    case Outcome::kOk:
    case Outcome::kNotModified:
      return Family::kOk;
    case Outcome::kRedirect:
      return Family::kRedirect;
    case Outcome::kHttpError:
    case Outcome::kGone:
      return Family::kErrorStatus;
    case Outcome::kDnsFailed:
    case Outcome::kConnectFailed:
    case Outcome::kTlsFailed:
    case Outcome::kTimeout:
    case Outcome::kIncomplete:
    case Outcome::kProtocolError:
    case Outcome::kHeadersTooLarge:
    case Outcome::kRobotsUnreachable:
      return Family::kNoAnswer;
    case Outcome::kTooLarge:
    case Outcome::kDecodeBomb:
    case Outcome::kUnsupportedType:
    case Outcome::kPrivateAddress:
    case Outcome::kPortRefused:
    case Outcome::kRedirectLimit:
    case Outcome::kCrashedFetcher:
      return Family::kNotKept;
  }
  return Family::kNotKept;
}

Markup family_name(Family family) {
  constexpr std::array<Markup, kFamilies> kNames = {
      "Stored", "Redirect", "Error status", "No answer", "Not kept", "Waiting", "Skipped"};
  return kNames[static_cast<size_t>(family)];
}

Markup family_class(Family family) {
  constexpr std::array<Markup, kFamilies> kClasses = {
      "f-ok", "f-redirect", "f-error", "f-silent", "f-dropped", "f-waiting", "f-skipped"};
  return kClasses[static_cast<size_t>(family)];
}

FamilyCounts sum_of(const std::vector<FamilyCounts>& all) {
  FamilyCounts sum{};
  for (const FamilyCounts& one : all) {
    for (size_t i = 0; i < kFamilies; ++i) sum[i] += one[i];
  }
  return sum;
}

}  // namespace crawl
