// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace crawl {

// RFC 4648 §4, with padding.
std::string encode_base64(std::string_view bytes);
// The same undone; padding optional, white space ignored. kInvalid: anything else.
Result<std::string> decode_base64(std::string_view text);

}  // namespace crawl
