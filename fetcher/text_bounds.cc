// SPDX-License-Identifier: MIT
#include "fetcher/text_bounds.h"

#include "base/escape.h"
#include "fetcher/ascii.h"

namespace crawl {

std::string bounded_text(std::string_view bytes, size_t bytes_max) {
  if (is_valid_utf8(bytes)) return std::string(utf8_prefix(bytes, bytes_max));
  return std::string(utf8_prefix(to_valid_utf8(bytes), bytes_max));
}

std::string bounded_line(std::string_view bytes, size_t bytes_max) {
  std::string line = bounded_text(bytes, bytes_max);
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

}  // namespace crawl
