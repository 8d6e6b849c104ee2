// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace crawl {

enum class RowFormat : uint8_t {
  kTable,  // aligned columns; long values are cut
  kCsv,    // RFC 4180 with names in the first line; escaped for spreadsheets (base/escape.h)
  kJson,   // an array of objects, one per line
  kJsonl,  // an object per line
};

}  // namespace crawl
