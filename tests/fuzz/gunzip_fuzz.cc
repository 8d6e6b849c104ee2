// SPDX-License-Identifier: MIT
// Any bytes as a gzip file: bounded output, never a crash.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "fetcher/gunzip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace crawl;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 2), size - 2);
  const size_t bytes_max = size_t{data[0]} << (data[1] % 16);
  const uint32_t ratio_max = data[1];
  const auto out = gunzip(bytes, bytes_max, ratio_max);
  CRAWL_CHECK(is_gzip(bytes) || !out);
  if (!out) {
    CRAWL_CHECK(out.error().code == (is_gzip(bytes) ? Errc::kFull : Errc::kInvalid));
    return 0;
  }
  CRAWL_CHECK(out.value().bytes.size() <= bytes_max);
  constexpr size_t kRatioFree = size_t{1} << 20;
  CRAWL_CHECK(out.value().bytes.size() <= kRatioFree ||
              out.value().bytes.size() <= bytes.size() * ratio_max);
  return 0;
}
