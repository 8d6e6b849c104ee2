// SPDX-License-Identifier: MIT
#pragma once

// Files that are gzip by themselves (sitemap.xml.gz), as opposed to gzip as a content coding, which
// libcurl undoes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace crawl {

// RFC 1952 §2.3.1: the magic number and the only method there is.
bool is_gzip(std::string_view bytes);

struct Gunzipped {
  std::string bytes;
  bool complete = true;  // false: the input was cut off or broken; `bytes` is what came before
};

// RFC 1952: all members, one after another; what follows the last one and is no member is ignored.
// kInvalid: not gzip. kFull: more than `bytes_max` bytes come out, or, past the first MiB, more
// than `ratio_max` times what went in; or out of memory.
Result<Gunzipped> gunzip(std::string_view gzip, size_t bytes_max, uint32_t ratio_max);

// The same for the content coding "deflate" (RFC 9110 §8.4.1.2): the zlib format, or, as some
// servers have it, the bare deflate format. kInvalid: neither.
Result<Gunzipped> inflate(std::string_view deflated, size_t bytes_max, uint32_t ratio_max);

}  // namespace crawl
