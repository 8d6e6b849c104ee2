// SPDX-License-Identifier: MIT
#include "fetcher/language.h"

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include <algorithm>

#include "fetcher/ascii.h"

namespace crawl {
namespace {

constexpr size_t kSampleBytes = size_t{4} * 1024;
constexpr int kShareMin = 50;  // percent of the sample that the language must have

// CLD2's names are those of its time.
std::string_view modern_tag(std::string_view code) {
  constexpr std::string_view kRenamed[][2] = {{"iw", "he"}, {"in", "id"}, {"ji", "yi"},
                                              {"jw", "jv"}, {"mo", "ro"}, {"sh", "sr-Latn"}};
  for (const auto& [old_code, code_now] : kRenamed) {
    if (code == old_code) return code_now;
  }
  // "un": unknown; "xx-…", "xxx": scripts and tests, not languages.
  if (code.starts_with("un") || code.starts_with("xx") || code.starts_with("zz")) return "";
  return code;
}

// CLD2 wants "interchange-valid" UTF-8, without controls (and without noncharacters: it guesses
// nothing then).
void append_plain(std::string_view text, std::string& out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    out.push_back(byte < 0x20 || byte == 0x7F ? ' ' : text[i]);
  }
}

constexpr bool is_tag_char(char c) { return is_ascii_letter(c) || is_ascii_digit(c) || c == '-'; }

}  // namespace

std::string_view language_in_header(std::string_view content_language) {
  constexpr size_t kTagBytesMax = 35;  // RFC 5646 §4.4.1
  const std::string_view tag = trim_ascii_space(content_language);
  if (tag.size() < 2 || tag.size() > kTagBytesMax || !is_ascii_letter(tag.front())) return {};
  return std::all_of(tag.begin(), tag.end(), is_tag_char) ? tag : std::string_view();
}

std::string_view LanguageDetector::detect(std::string_view text) {
  if (text.size() < kLanguageBytesMin) return {};
  sample_.clear();
  append_plain(utf8_prefix(text, kSampleBytes), sample_);
  const CLD2::CLDHints no_hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING,
                                   CLD2::UNKNOWN_LANGUAGE};
  CLD2::Language languages[3];
  int percent[3];
  double scores[3];
  int text_bytes = 0;
  int valid_bytes = 0;
  bool is_reliable = false;
  const CLD2::Language best = CLD2::ExtDetectLanguageSummaryCheckUTF8(
      sample_.data(), static_cast<int>(sample_.size()), true, &no_hints, 0, languages, percent,
      scores, nullptr, &text_bytes, &is_reliable, &valid_bytes);
  if (!is_reliable || best != languages[0] || percent[0] < kShareMin) return {};
  return modern_tag(CLD2::LanguageCode(best));
}

}  // namespace crawl
