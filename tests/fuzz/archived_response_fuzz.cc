// SPDX-License-Identifier: MIT
// Responses out of archives: whatever they say of their codings, no more comes out than is allowed.
#include <cstdlib>

#include "fetcher/archived_response.h"

using namespace crawl;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint64_t kBodyMax = 100'000;
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const ArchivedResponse response = read_archived_response(message, kBodyMax, 200);
  if (response.problem == Outcome::kNone && response.body.size() > kBodyMax) std::abort();
  if (response.problem != Outcome::kNone && response.detail.empty()) std::abort();
  return 0;
}
