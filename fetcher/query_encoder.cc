// SPDX-License-Identifier: MIT
#include "fetcher/query_encoder.h"

#include <unicode/ucnv.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "base/check.h"
#include "base/escape.h"
#include "web/percent.h"

namespace crawl {
namespace {

constexpr uint32_t kReplacementCharacter = 0xFFFD;

// Two-byte sequences that an encoder may write, and the converter that reads them. Without
// pointers 8272 to 8835 and the end user's rows of Shift_JIS (§12.3), and without the Hong Kong
// extension of Big5 (§5 "index Big5 pointer").
struct Region {
  std::string_view charset;
  std::string_view converter;
  unsigned lead_first, lead_last;
  unsigned trail_first, trail_last;
  uint16_t mask;  // of what is written
};
constexpr Region kRegions[] = {
    {"Shift_JIS", "Shift_JIS", 0x81, 0x9F, 0x40, 0xFC, 0xFFFF},
    {"Shift_JIS", "Shift_JIS", 0xE0, 0xEC, 0x40, 0xFC, 0xFFFF},
    {"Shift_JIS", "Shift_JIS", 0xFA, 0xFC, 0x40, 0xFC, 0xFFFF},
    {"EUC-JP", "EUC-JP", 0xA1, 0xFE, 0xA1, 0xFE, 0xFFFF},
    {"ISO-2022-JP", "EUC-JP", 0xA1, 0xFE, 0xA1, 0xFE, 0x7F7F},
    {"EUC-KR", "EUC-KR", 0x81, 0xFE, 0x41, 0xFE, 0xFFFF},
    {"Big5", "Big5", 0xA1, 0xFE, 0x40, 0xFE, 0xFFFF},
    {"GBK", "GBK", 0x81, 0xFE, 0x40, 0xFE, 0xFFFF},
    {"gb18030", "gb18030", 0x81, 0xFE, 0x40, 0xFE, 0xFFFF},
};

// What an encoder says of a character before it looks into the index. Big5: the last pointer
// counts for these.
struct Rule {
  std::string_view charset;
  uint32_t character;
  uint16_t bytes;
};
constexpr Rule kRules[] = {
    {"Shift_JIS", 0x0080, 0x80},   {"Shift_JIS", 0x00A5, 0x5C},     {"Shift_JIS", 0x203E, 0x7E},
    {"Shift_JIS", 0x2212, 0x817C}, {"EUC-JP", 0x00A5, 0x5C},        {"EUC-JP", 0x203E, 0x7E},
    {"EUC-JP", 0x2212, 0xA1DD},    {"ISO-2022-JP", 0x2212, 0x215D}, {"Big5", 0x2550, 0xF9F9},
    {"Big5", 0x255E, 0xF9E9},      {"Big5", 0x2561, 0xF9EB},        {"Big5", 0x256A, 0xF9EA},
    {"Big5", 0x5341, 0xA451},      {"Big5", 0x5345, 0xA4CA},        {"GBK", 0x20AC, 0x80},
};

// §10.2.2: characters that had private code points before Unicode knew them. Both are written so.
struct FormerlyPrivate {
  char16_t character;
  char16_t private_character;
  uint16_t bytes;
};
constexpr FormerlyPrivate kFormerlyPrivate[] = {
    {0xFE10, 0xE78D, 0xA6D9}, {0xFE12, 0xE78E, 0xA6DA}, {0xFE11, 0xE78F, 0xA6DB},
    {0xFE13, 0xE790, 0xA6DC}, {0xFE14, 0xE791, 0xA6DD}, {0xFE15, 0xE792, 0xA6DE},
    {0xFE16, 0xE793, 0xA6DF}, {0xFE17, 0xE794, 0xA6EC}, {0xFE18, 0xE795, 0xA6ED},
    {0xFE19, 0xE796, 0xA6F3}, {0x9FB4, 0xE81E, 0xFE59}, {0x9FB5, 0xE826, 0xFE61},
    {0x9FB6, 0xE82B, 0xFE66}, {0x9FB7, 0xE82C, 0xFE67}, {0x9FB8, 0xE832, 0xFE6D},
    {0x9FB9, 0xE843, 0xFE7E}, {0x9FBA, 0xE854, 0xFE90}, {0x9FBB, 0xE864, 0xFEA0},
};
constexpr uint32_t kGbHole = 0xE5E5;  // §10.2.2: an error, for the sake of 0xA3 0xA0

// Halfwidth katakana, U+FF61 to U+FF9F, which ISO-2022-JP lacks (§5 "index ISO-2022-JP katakana").
constexpr uint32_t kKatakanaFirst = 0xFF61;
constexpr std::u16string_view kKatakana =
    u"。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホ"
    u"マミムメモ"
    u"ヤユヨラリルレロワン゛゜";
static_assert(kKatakana.size() == 63);

bool is_gb(std::string_view charset) { return charset == "GBK" || charset == "gb18030"; }
bool is_private(uint32_t character) { return character >= 0xE000 && character <= 0xF8FF; }
bool is_tab_or_newline(uint32_t c) { return c == '\t' || c == '\n' || c == '\r'; }

// The character that two bytes are, or U+FFFD.
uint32_t decode_pair(UConverter* converter, unsigned lead, unsigned trail) {
  const char bytes[2] = {static_cast<char>(lead), static_cast<char>(trail)};
  char16_t units[4];
  UErrorCode error = U_ZERO_ERROR;
  const int32_t count = ucnv_toUChars(converter, units, 4, bytes, 2, &error);
  if (U_FAILURE(error)) return kReplacementCharacter;
  if (count == 1) return units[0];
  const bool is_pair = count == 2 && U16_IS_LEAD(units[0]) && U16_IS_TRAIL(units[1]);
  return is_pair ? static_cast<uint32_t>(U16_GET_SUPPLEMENTARY(units[0], units[1]))
                 : kReplacementCharacter;
}

void append_byte(unsigned byte, std::string& out) {
  const char c = static_cast<char>(byte);
  append_percent_encoded({&c, 1}, kSpecialQuerySet, out);
}

void append_bytes(uint16_t bytes, std::string& out) {
  if (bytes > 0xFF) append_byte(bytes >> 8, out);
  append_byte(bytes & 0xFFu, out);
}

void append_reference(uint32_t character, std::string& out) {
  out.append("%26%23").append(std::to_string(character)).append("%3B");
}

}  // namespace

bool QueryEncoder::use(std::string_view charset) {
  table_ = nullptr;
  is_gb18030_ = charset == "gb18030";
  is_iso_2022_jp_ = charset == "ISO-2022-JP";
  auto found = tables_.find(charset);
  if (found == tables_.end()) {
    Table table = make_table(charset);
    if (table.empty()) return false;
    found = tables_.emplace(charset, std::move(table)).first;
  }
  table_ = &found->second;
  return true;
}

// Empty for UTF-8, UTF-16 and replacement, of which no region and no table speaks.
QueryEncoder::Table QueryEncoder::make_table(std::string_view charset) const {
  Table table;
  for (const Rule& rule : kRules) {
    if (rule.charset == charset) table.push_back({rule.character, rule.bytes});
  }
  if (is_gb(charset)) {
    for (const FormerlyPrivate& f : kFormerlyPrivate) {
      table.push_back({f.character, f.bytes});
      table.push_back({f.private_character, f.bytes});
    }
  }
  const bool is_shift_jis = charset == "Shift_JIS";
  for (uint32_t i = 0; i < kKatakana.size(); ++i) {
    if (!is_shift_jis && charset != "EUC-JP") break;
    const uint32_t byte = 0xA1 + i;
    table.push_back(
        {kKatakanaFirst + i, static_cast<uint16_t>(is_shift_jis ? byte : 0x8E00 | byte)});
  }
  if (const auto* single_byte = charsets_.single_byte(charset)) {
    for (uint16_t i = 0; i < single_byte->size(); ++i) {
      const char16_t unit = (*single_byte)[i];
      if (unit != kReplacementCharacter) table.push_back({unit, static_cast<uint16_t>(0x80 + i)});
    }
  }
  add_pairs(charset, table);
  std::stable_sort(table.begin(), table.end(),
                   [](const Pair& a, const Pair& b) { return a.character < b.character; });
  return table;
}

// In the order of pointers: the lowest counts.
void QueryEncoder::add_pairs(std::string_view charset, Table& table) const {
  for (const Region& region : kRegions) {
    if (region.charset != charset) continue;
    UConverter* converter = charsets_.multi_byte(region.converter);
    CRAWL_CHECK(converter != nullptr);
    for (unsigned lead = region.lead_first; lead <= region.lead_last; ++lead) {
      for (unsigned trail = region.trail_first; trail <= region.trail_last; ++trail) {
        const uint32_t character = decode_pair(converter, lead, trail);
        if (character < 0x80 || character == kReplacementCharacter) continue;
        // ICU fills holes from the private use area; only the indexes of GB have it.
        if (is_private(character) && (!is_gb(charset) || character == kGbHole)) continue;
        table.push_back({character, static_cast<uint16_t>((lead << 8 | trail) & region.mask)});
      }
    }
  }
}

// 0: the encoding lacks it.
uint16_t QueryEncoder::find(uint32_t character) const {
  const auto found =
      std::lower_bound(table_->begin(), table_->end(), character,
                       [](const Pair& pair, uint32_t c) { return pair.character < c; });
  return found != table_->end() && found->character == character ? found->bytes : uint16_t{0};
}

void QueryEncoder::append(std::string_view query, std::string& out) {
  CRAWL_CHECK(table_ != nullptr);
  std::string repaired;
  if (!is_valid_utf8(query)) {
    repaired = to_valid_utf8(query);
    query = repaired;
  }
  state_ = JisState::kAscii;
  for (size_t i = 0; i < query.size();) {
    UChar32 character = 0;
    U8_NEXT_UNSAFE(query.data(), i, character);
    const auto c = static_cast<uint32_t>(character);
    if (is_tab_or_newline(c)) continue;
    if (is_iso_2022_jp_) {
      append_jis(c, out);
    } else {
      append_character(c, out);
    }
  }
  enter(JisState::kAscii, out);
}

void QueryEncoder::append_character(uint32_t character, std::string& out) const {
  if (character < 0x80) return append_byte(character, out);
  if (const uint16_t bytes = find(character); bytes != 0) return append_bytes(bytes, out);
  if (is_gb18030_ && append_four_bytes(character, out)) return;
  append_reference(character, out);
}

// Everything else that Unicode has.
bool QueryEncoder::append_four_bytes(uint32_t character, std::string& out) const {
  if (character == kGbHole) return false;
  char16_t units[2];
  int32_t count = 0;
  U16_APPEND_UNSAFE(units, count, character);
  char bytes[8];
  UErrorCode error = U_ZERO_ERROR;
  const int32_t size =
      ucnv_fromUChars(charsets_.multi_byte("gb18030"), bytes, sizeof bytes, units, count, &error);
  if (U_FAILURE(error) || size != 4) return false;
  append_percent_encoded({bytes, 4}, kSpecialQuerySet, out);
  return true;
}

// §12.2.2. Its Roman set is ASCII but for two characters.
void QueryEncoder::append_jis(uint32_t character, std::string& out) {
  const bool is_roman = character == 0xA5 || character == 0x203E;
  if (character < 0x80) {
    const bool stays = state_ == JisState::kRoman && character != '\\' && character != '~';
    // They would be read as changes of the set.
    const bool is_shift = character == 0x0E || character == 0x0F || character == 0x1B;
    if (!stays) enter(JisState::kAscii, out);
    return is_shift ? append_reference(kReplacementCharacter, out) : append_byte(character, out);
  }
  if (is_roman) {
    enter(JisState::kRoman, out);
    return append_byte(character == 0xA5 ? '\\' : '~', out);
  }
  const uint32_t katakana = character - kKatakanaFirst;
  const uint16_t bytes = find(katakana < kKatakana.size() ? kKatakana[katakana] : character);
  if (bytes == 0) {
    if (state_ == JisState::kJis0208) enter(JisState::kAscii, out);
    return append_reference(character, out);
  }
  enter(JisState::kJis0208, out);
  append_bytes(bytes, out);
}

void QueryEncoder::enter(JisState state, std::string& out) {
  if (state_ == state) return;
  state_ = state;
  switch (state) {
    case JisState::kAscii:
      out += "%1B(B";
      break;
    case JisState::kRoman:
      out += "%1B(J";
      break;
    case JisState::kJis0208:
      out += "%1B$B";
      break;
  }
}

}  // namespace crawl
