// SPDX-License-Identifier: MIT
#include "fetcher/compress.h"

#include <zstd.h>

namespace crawl {
namespace {

constexpr int kLevel = 3;
constexpr size_t kBytesKept = 4u << 20;  // a larger buffer is given back

}  // namespace

void Compressor::FreeContext::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }

Result<std::unique_ptr<Compressor>> Compressor::create() {
  std::unique_ptr<Compressor> compressor(new Compressor);
  compressor->context_.reset(ZSTD_createCCtx());
  if (!compressor->context_) return Error{Errc::kFull, 0, "create a zstd context"};
  return compressor;
}

Result<std::string_view> Compressor::compress(std::string_view bytes) {
  const size_t bound = ZSTD_compressBound(bytes.size());
  if (room_ < bound) {
    frame_.reset();
    frame_.reset(new char[bound]);
    room_ = bound;
  }
  const size_t size =
      ZSTD_compressCCtx(context_.get(), frame_.get(), room_, bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) != 0) {
    return Error{Errc::kFull, 0, std::string("compress a page: ") + ZSTD_getErrorName(size)};
  }
  return std::string_view(frame_.get(), size);
}

void Compressor::forget() {
  if (room_ <= kBytesKept) return;
  frame_.reset();
  room_ = 0;
}

}  // namespace crawl
