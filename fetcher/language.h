// SPDX-License-Identifier: MIT
#pragma once

// Which natural language a text is in, where its markup does not say.

#include <string>
#include <string_view>

namespace crawl {

// Less text than this says too little about its language.
inline constexpr size_t kLanguageBytesMin = 100;

// The language tag (RFC 5646) of a Content-Language header that names exactly one (HTML Standard
// §3.2.6.2 asks for that), as written; "" otherwise.
std::string_view language_in_header(std::string_view content_language);

// CLD2's guess from the beginning of `text` (UTF-8) where it calls itself reliable: a BCP 47 tag
// such as "en", "ja", "zh-Hant"; "" otherwise. The result is static. The cost is bounded.
class LanguageDetector {
 public:
  std::string_view detect(std::string_view text);

 private:
  std::string sample_;
};

}  // namespace crawl
