// SPDX-License-Identifier: MIT
#pragma once

// Queries of links on pages that are not in UTF-8: percent-encoded after encoding with the page's
// encoding (URL Standard §1.3 and §4.4 "query state"), as the site's own programs expect them.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/charset.h"

namespace crawl {

class QueryEncoder {
 public:
  // `charsets` must outlive this object; nothing else is opened, now or later.
  explicit QueryEncoder(const CharsetDecoder& charsets) : charsets_(charsets) {}

  // Encodes for a page in `charset` (Encoding Standard's name, or "") from now on. False where that
  // means UTF-8: §4.3 "get an output encoding" makes it so of UTF-16 and replacement, too.
  bool use(std::string_view charset);

  // Appends `query` (UTF-8; invalid bytes count as U+FFFD), the bytes of the encoding that are in
  // the special-query percent-encode set as "%XX", characters that the encoding lacks as
  // "%26%23NNNN%3B". Tabs and newlines are left out, as the URL parser does. Only after use() was
  // true.
  void append(std::string_view query, std::string& out);

 private:
  struct Pair {
    uint32_t character;
    uint16_t bytes;  // one byte where it is less than 0x100
  };
  using Table = std::vector<Pair>;  // by character; of equal ones the first counts
  enum class JisState : uint8_t { kAscii, kRoman, kJis0208 };

  Table make_table(std::string_view charset) const;
  void add_pairs(std::string_view charset, Table& table) const;
  uint16_t find(uint32_t character) const;
  void append_character(uint32_t character, std::string& out) const;
  bool append_four_bytes(uint32_t character, std::string& out) const;
  void append_jis(uint32_t character, std::string& out);
  void enter(JisState state, std::string& out);

  const CharsetDecoder& charsets_;
  std::map<std::string, Table, std::less<>> tables_;  // made when first used
  const Table* table_ = nullptr;
  bool is_gb18030_ = false;
  bool is_iso_2022_jp_ = false;
  JisState state_ = JisState::kAscii;
};

}  // namespace crawl
