// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ZSTD_CCtx_s;

namespace crawl {

// zstd, level 3, one frame per call with the content's size in its header. The context is reused.
class Compressor {
 public:
  static Result<std::unique_ptr<Compressor>> create();

  // The view is valid until the next call. kFull: out of memory.
  Result<std::string_view> compress(std::string_view bytes);
  // Ends the life of that view, where it is large.
  void forget();

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  Compressor() = default;

  std::unique_ptr<ZSTD_CCtx_s, FreeContext> context_;
  // Not filled with zeros: of a large one only what is written takes memory.
  std::unique_ptr<char[]> frame_;
  size_t room_ = 0;
};

}  // namespace crawl
