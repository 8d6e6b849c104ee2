// SPDX-License-Identifier: MIT
// WARC files of whoever wrote them: read to their end, and never more than is allowed of a block.
#include <cstdlib>
#include <algorithm>

#include "archive/warc_reader.h"

using namespace crawl;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kBlockMax = 1'000;
  size_t at = 0;
  const size_t step = size == 0 ? 1 : data[0] % 64 + 1;
  WarcReader reader([&](char* buffer, size_t room) -> Result<size_t> {
    const size_t got = std::min({room, step, size - at});
    std::copy_n(data + at, got, buffer);
    at += got;
    return got;
  });
  for (size_t records = 0;; ++records) {
    if (records > 2 * size + 2) std::abort();  // each takes some bytes
    const Result<std::optional<WarcEntry>> entry = reader.next();
    if (!entry) continue;
    if (!*entry) return 0;
    const Result<std::string> block = reader.block(kBlockMax);
    if (block && block->size() > kBlockMax) std::abort();
    if (block && block->size() != std::min<uint64_t>(kBlockMax, (*entry)->length)) std::abort();
  }
}
