// SPDX-License-Identifier: MIT
#include "storage/body.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <memory>
#include <string>

#include "base/out_of_memory.h"

namespace crawl {

namespace {

constexpr int kWindowLogMax = 27;  // 128 MiB: what zstd itself accepts by default

Error corrupt(const std::string& why) {
  return Error{Errc::kCorrupt, 0, "the stored body does not decompress: " + why};
}

}  // namespace

Result<uint64_t> decode_body(std::string_view zstd,
                             const std::function<bool(std::string_view)>& sink,
                             uint64_t bytes_max) {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                   &ZSTD_freeDCtx);
  if (context == nullptr) out_of_memory();
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLogMax);
  std::string buffer(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{zstd.data(), zstd.size(), 0};
  uint64_t total = 0;
  for (;;) {
    ZSTD_outBuffer out{buffer.data(), buffer.size(), 0};
    const size_t in_before = in.pos;
    const size_t left = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation) out_of_memory();
    if (ZSTD_isError(left) != 0) return corrupt(ZSTD_getErrorName(left));
    total += out.pos;
    if (total > bytes_max)
      return Error{Errc::kFull, 0, "the stored body is larger than any may be"};
    if (out.pos > 0 && !sink({buffer.data(), out.pos})) {
      return Error{Errc::kClosed, 0, "the body's reader has gone"};
    }
    if (left == 0) break;
    if (out.pos == 0 && in.pos == in_before) return corrupt("it ends early");
  }
  if (in.pos != in.size) return corrupt("bytes follow its end");
  return total;
}

}  // namespace crawl
