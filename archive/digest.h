// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace crawl {

// RFC 4648 §6, as long as the bytes fill whole characters.
std::string encode_base32(std::string_view bytes);

// Of the parts one after another: "sha1:" and base32, as archives label what they hold. It finds
// equal payloads and torn files; it proves nothing against somebody who makes collisions.
std::string sha1_label(std::initializer_list<std::string_view> parts);

}  // namespace crawl
