// SPDX-License-Identifier: MIT
#pragma once

// Punycode (RFC 3492): a label's Unicode text in ASCII, without the "xn--" in front. The work is
// the square of the label's length: the caller bounds that.

#include <optional>
#include <string>
#include <string_view>

namespace crawl {

std::string punycode_encode(std::u32string_view label);

// nullopt: not punycode, or of no character that Unicode can have.
std::optional<std::u32string> punycode_decode(std::string_view text);

}  // namespace crawl
