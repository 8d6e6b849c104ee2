// SPDX-License-Identifier: MIT
#include "fetcher/charset.h"

#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <uchardet/uchardet.h>

#include <algorithm>
#include <optional>

#include "base/escape.h"
#include "fetcher/charset_tables.h"
#include "fetcher/meta_prescan.h"
#include "web/charset_label.h"

namespace crawl {
namespace {

constexpr std::string_view kUtf8 = "UTF-8";
constexpr std::string_view kUtf8Bom = "\xEF\xBB\xBF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr size_t kDetectBytes = 128 * 1024;  // the detector is slow, and is sure long before
constexpr size_t kBytesKept = 4u << 20;      // buffers above this are given back

// What the Encoding Standard makes of byte 0x80 where ICU sees an error (Shift_JIS, gb18030).
char16_t unit_for_0x80(std::string_view encoding) {
  if (encoding == "Shift_JIS") return 0x0080;
  if (encoding == "GBK" || encoding == "gb18030") return 0x20AC;
  return kReplacementUnit;
}

// ICU's own callback writes U+001A for single bytes; here every error is U+FFFD. The context is the
// unit for byte 0x80.
void replace_error(const void* unit, UConverterToUnicodeArgs* args, const char* bytes,
                   int32_t count, UConverterCallbackReason reason, UErrorCode* error) {
  if (reason > UCNV_IRREGULAR) return;  // reset, close, clone
  *error = U_ZERO_ERROR;
  const bool is_0x80 = count == 1 && bytes[0] == '\x80';
  const char16_t out = is_0x80 ? *static_cast<const char16_t*>(unit) : kReplacementUnit;
  ucnv_cbToUWriteUChars(args, &out, 1, 0, error);
}

constexpr char16_t kUnits0x80[] = {kReplacementUnit, 0x0080, 0x20AC};

const char16_t* static_unit(char16_t unit) {
  return std::find(std::begin(kUnits0x80), std::end(kUnits0x80), unit);
}

Error icu_error(std::string_view encoding, UErrorCode error) {
  return Error{Errc::kUnsupported, 0,
               "open ICU's converter for " + std::string(encoding) + ": " + u_errorName(error)};
}

Result<UConverter*> open_converter(std::string_view standard, const char* icu) {
  UErrorCode error = U_ZERO_ERROR;
  UConverter* converter = ucnv_open(icu, &error);
  if (U_FAILURE(error)) return icu_error(standard, error);
  const char16_t* unit = static_unit(unit_for_0x80(standard));
  ucnv_setToUCallBack(converter, replace_error, unit, nullptr, nullptr, &error);
  if (U_FAILURE(error)) {
    ucnv_close(converter);
    return icu_error(standard, error);
  }
  return converter;
}

char16_t decode_one(UConverter* converter, unsigned char byte) {
  const char bytes[1] = {static_cast<char>(byte)};
  char16_t units[4];
  UErrorCode error = U_ZERO_ERROR;
  ucnv_resetToUnicode(converter);
  const int32_t count = ucnv_toUChars(converter, units, 4, bytes, 1, &error);
  if (U_FAILURE(error) || count != 1) return kReplacementUnit;
  // ICU fills holes from the private use area; Apple's logo alone is really there.
  const bool is_private = units[0] >= 0xE000 && units[0] <= 0xF8FE;
  return is_private ? kReplacementUnit : units[0];
}

// UTF-8 of a unit that is no surrogate.
void append_unit(std::string& out, char16_t unit) {
  uint8_t bytes[4];
  int32_t count = 0;
  U8_APPEND_UNSAFE(bytes, count, static_cast<UChar32>(unit));
  for (int32_t i = 0; i < count; ++i) out.push_back(static_cast<char>(bytes[i]));
}

std::string_view without_bom(std::string_view bytes, size_t bom_bytes) {
  return bytes.substr(std::min(bom_bytes, bytes.size()));
}

// `bytes` without a character that its end cuts off.
std::string_view without_partial_character(std::string_view bytes) {
  for (size_t back = 1; back <= std::min<size_t>(3, bytes.size()); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (byte < 0x80) break;
    if (byte < 0xC0) continue;
    const size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2;
    return back < needed ? bytes.substr(0, bytes.size() - back) : bytes;
  }
  return bytes;
}

std::optional<CharsetChoice> bom_choice(std::string_view body) {
  if (body.starts_with(kUtf8Bom)) return CharsetChoice{kUtf8, CharsetSource::kBom, 3};
  if (body.starts_with("\xFE\xFF")) return CharsetChoice{"UTF-16BE", CharsetSource::kBom, 2};
  if (body.starts_with("\xFF\xFE")) return CharsetChoice{"UTF-16LE", CharsetSource::kBom, 2};
  return std::nullopt;
}

// Bytes that every single-byte encoding reads as ASCII, without NUL.
bool is_plain(char c) { return static_cast<signed char>(c) > 0; }

size_t plain_prefix(std::string_view bytes) {
  size_t i = 0;
  while (i < bytes.size() && is_plain(bytes[i])) ++i;
  return i;
}

// NUL has no place in text, and gumbo's strings end at it.
void replace_nul(std::string& text) {
  if (text.find('\0') == std::string::npos) return;
  std::string replaced;
  replaced.reserve(text.size() + text.size() / 2);
  for (char c : text) {
    if (c == '\0') {
      replaced += kReplacement;
    } else {
      replaced.push_back(c);
    }
  }
  text.swap(replaced);
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// Where ICU's tables differ from the Encoding Standard's. Neither character has another form in
// these encodings, so each can only come from the bytes in question.
void mend_icu(std::string_view encoding, std::string& text) {
  if (encoding == "Shift_JIS") {
    replace_all(text, "\xC2\xA0", kReplacement);  // §12.3.1: 0xA0 is an error
  } else if (encoding == "GBK" || encoding == "gb18030") {
    replace_all(text, "\xEE\x97\xA5", "\xE3\x80\x80");  // §10.1.1: A3A0 is U+3000, not U+E5E5
  }
}

}  // namespace

void CharsetDecoder::CloseConverter::operator()(UConverter* converter) const {
  ucnv_close(converter);
}
void CharsetDecoder::DeleteDetector::operator()(uchardet* detector) const {
  uchardet_delete(detector);
}

Result<std::unique_ptr<CharsetDecoder>> CharsetDecoder::create() {
  std::unique_ptr<CharsetDecoder> decoder(new CharsetDecoder);
  if (auto opened = decoder->open_all(); !opened) return opened.error();
  return decoder;
}

CharsetDecoder::~CharsetDecoder() = default;

Result<void> CharsetDecoder::open_all() {
  for (const ConverterName& name : kMultiByte) {
    auto opened = open_converter(name.standard, name.icu);
    if (!opened) return opened.error();
    multi_byte_.emplace(name.standard, Converter(*opened));
  }
  auto utf8 = open_converter(kUtf8, "UTF-8");
  if (!utf8) return utf8.error();
  utf8_.reset(*utf8);
  for (const ConverterName& name : kSingleByte) {
    auto opened = open_converter(name.standard, name.icu);
    if (!opened) return opened.error();
    const Converter converter(*opened);
    SingleByteTable& table = single_byte_[name.standard];
    for (unsigned i = 0; i < 128; ++i) {
      table[i] = decode_one(converter.get(), static_cast<unsigned char>(0x80 + i));
    }
  }
  for (const Difference& d : kDifferences) single_byte_.at(d.encoding)[d.byte - 0x80] = d.unit;
  SingleByteTable& latin10 = single_byte_["ISO-8859-16"];
  SingleByteTable& user_defined = single_byte_["x-user-defined"];
  for (unsigned i = 0; i < 128; ++i) {
    latin10[i] = i < 32 ? static_cast<char16_t>(0x80 + i) : kLatin10[i - 32];
    user_defined[i] = static_cast<char16_t>(0xF780 + i);  // §14.5.1
  }
  detector_.reset(uchardet_new());
  return {};
}

CharsetChoice CharsetDecoder::choose(std::string_view body, const CharsetEvidence& evidence) {
  if (const auto choice = bom_choice(body)) return *choice;
  if (const auto name = encoding_for_label(evidence.http_charset)) {
    return {*name, CharsetSource::kHttp, 0};
  }
  if (evidence.is_xml) {
    if (const auto name = declared_xml_encoding(body)) return {*name, CharsetSource::kMeta, 0};
    return {kUtf8, CharsetSource::kDefault, 0};
  }
  if (evidence.is_html) {
    if (const auto name = prescan_encoding(body)) return {*name, CharsetSource::kMeta, 0};
  }
  if (is_valid_utf8(evidence.truncated ? without_partial_character(body) : body)) {
    return {kUtf8, CharsetSource::kDetector, 0};
  }
  // A browser obeys a late declaration when it comes to it (§13.2.3.5 "change the encoding").
  if (evidence.is_html) {
    if (const auto name = prescan_encoding(body, kLatePrescanBytes)) {
      return {*name, CharsetSource::kMeta, 0};
    }
  }
  const std::string_view detected = detect(body);
  if (!detected.empty()) return {detected, CharsetSource::kDetector, 0};
  return {"windows-1252", CharsetSource::kDefault, 0};
}

// The detector's guess, or "" where it has none. It is shown the part that has something to show.
std::string_view CharsetDecoder::detect(std::string_view body) {
  const size_t start = plain_prefix(body);
  const std::string_view part = body.substr(start > 1024 ? start - 1024 : 0, kDetectBytes);
  uchardet_reset(detector_.get());
  if (uchardet_handle_data(detector_.get(), part.data(), part.size()) != 0) return "";
  uchardet_data_end(detector_.get());
  const std::string_view guess = uchardet_get_charset(detector_.get());
  // "ASCII" cannot be: that would have been valid UTF-8. It means that it saw nothing it knows.
  if (guess.empty() || guess == "ASCII") return "";
  const auto name = encoding_for_label(guess);
  return name && *name != "replacement" ? *name : "";
}

const CharsetDecoder::SingleByteTable* CharsetDecoder::single_byte(
    std::string_view encoding) const {
  const auto found = single_byte_.find(encoding);
  return found == single_byte_.end() ? nullptr : &found->second;
}

UConverter* CharsetDecoder::multi_byte(std::string_view encoding) const {
  const auto found = multi_byte_.find(encoding);
  return found == multi_byte_.end() ? nullptr : found->second.get();
}

void CharsetDecoder::forget() {
  if (text_.capacity() > kBytesKept) std::string().swap(text_);
}

std::string_view CharsetDecoder::decode(std::string_view body, const CharsetChoice& choice) {
  forget();
  text_.clear();
  const std::string_view bytes = without_bom(body, choice.bom_bytes);
  if (choice.name == kUtf8) return decode_utf8(bytes);
  if (choice.name == "replacement") return bytes.empty() ? "" : kReplacement;
  if (const auto* table = single_byte(choice.name)) return decode_single_byte(bytes, *table);
  UConverter* converter = multi_byte(choice.name);
  CRAWL_CHECK(converter != nullptr);
  decode_with(converter, bytes);
  mend_icu(choice.name, text_);
  return text_;
}

std::string_view CharsetDecoder::decode_utf8(std::string_view bytes) {
  const bool has_nul = bytes.find('\0') != std::string_view::npos;
  if (is_valid_utf8(bytes)) {
    if (!has_nul) return bytes;
    text_ = bytes;
  } else {
    text_ = to_valid_utf8(bytes);
  }
  replace_nul(text_);
  return text_;
}

std::string_view CharsetDecoder::decode_single_byte(std::string_view bytes,
                                                    const SingleByteTable& table) {
  text_.reserve(bytes.size() + bytes.size() / 8);
  for (size_t i = 0; i < bytes.size();) {
    const size_t plain = plain_prefix(bytes.substr(i));
    text_ += bytes.substr(i, plain);
    i += plain;
    for (; i < bytes.size() && !is_plain(bytes[i]); ++i) {
      const auto byte = static_cast<unsigned char>(bytes[i]);
      append_unit(text_, byte == 0 ? kReplacementUnit : table[byte - 0x80]);
    }
  }
  return text_;
}

void CharsetDecoder::decode_with(UConverter* converter, std::string_view bytes) {
  char16_t pivot[1024];
  char16_t* pivot_from = pivot;
  char16_t* pivot_to = pivot;
  const char* source = bytes.data();
  const char* const source_end = source + bytes.size();
  size_t used = 0;
  UBool reset = 1;
  while (true) {
    text_.resize(std::max(text_.size() * 2, bytes.size() + bytes.size() / 2 + 64));
    char* target = text_.data() + used;
    UErrorCode error = U_ZERO_ERROR;
    ucnv_convertEx(utf8_.get(), converter, &target, text_.data() + text_.size(), &source,
                   source_end, pivot, &pivot_from, &pivot_to, pivot + std::size(pivot), reset, 1,
                   &error);
    used = static_cast<size_t>(target - text_.data());
    reset = 0;
    if (error != U_BUFFER_OVERFLOW_ERROR) break;
  }
  text_.resize(used);
  // ICU passes single surrogates of a broken UTF-16 stream on to its callback, but be sure.
  if (!is_valid_utf8(text_)) text_ = to_valid_utf8(text_);
  replace_nul(text_);
}

}  // namespace crawl
