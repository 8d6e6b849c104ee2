// SPDX-License-Identifier: MIT
#pragma once

// Fingerprints of content: equal bytes, and similar text.

#include <cstdint>
#include <string_view>

namespace crawl {

// XXH3-64 with seed 0.
uint64_t hash_bytes(std::string_view bytes);

// 64-bit simhash (Charikar 2002; Manku, Jain, Das Sarma 2007) over the shingles of three words:
// texts that share most shingles differ in few bits. Words are runs of letters and digits without
// regard to ASCII case; scripts written without spaces count each character from U+2E80 on as a
// word. A text of one or two words has that one shingle; 0 for a text without words. Linear in the
// text.
uint64_t simhash(std::string_view text);

}  // namespace crawl
