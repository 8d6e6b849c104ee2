// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace crawl {

// Encoding Standard §4.2 "get an encoding": "latin1" → "windows-1252"; nullopt when unknown. White
// space around the label and case do not matter. The result is the standard's name ("UTF-8",
// "Shift_JIS").
std::optional<std::string_view> encoding_for_label(std::string_view label);

}  // namespace crawl
