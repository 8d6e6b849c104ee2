// SPDX-License-Identifier: MIT
#pragma once

// Stored bodies: one zstd frame each. A frame is decoded as a stream and bounded, whatever it
// announces.

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/limits.h"
#include "base/result.h"

namespace crawl {

// Calls `sink` with one piece after another, in order; stops with kClosed when it returns false.
// kCorrupt: not one whole zstd frame. kFull: more than `bytes_max` come out. Returns the body's
// length.
Result<uint64_t> decode_body(std::string_view zstd,
                             const std::function<bool(std::string_view)>& sink,
                             uint64_t bytes_max = kBodyBytesCeiling);

}  // namespace crawl
