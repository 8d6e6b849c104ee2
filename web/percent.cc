// SPDX-License-Identifier: MIT
#include "web/percent.h"

#include "base/ascii.h"

namespace crawl {

void append_percent_encoded(std::string_view bytes, PercentSet set, std::string& out) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  size_t run = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (!in_percent_set(bytes[i], set)) continue;
    out.append(bytes, run, i - run);
    const auto byte = static_cast<unsigned char>(bytes[i]);
    const char encoded[3] = {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    out.append(encoded, 3);
    run = i + 1;
  }
  out.append(bytes, run);
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.size() - i > 2) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

}  // namespace crawl
