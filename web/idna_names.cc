// SPDX-License-Identifier: MIT
#include "web/idna_names.h"

#include <unicode/unistr.h>

#include <algorithm>

#include "base/out_of_memory.h"
#include "web/punycode.h"

namespace crawl {
namespace {

// By NewerKind. Valid in every ICU that is supported, and nothing is mapped to or composed into
// them: a Yi syllable, letters of Phoenician and Thaana, a Rumi digit, a flag, a currency sign.
constexpr std::array<char32_t, kNewerKinds> kStandIns = {0xA000,  0x10900, 0x0780,
                                                         0x10E60, 0x2690,  0x20A0};

constexpr size_t kLabelBytesMax = 63;
constexpr size_t kDomainBytesMax = 253;

bool is_ascii(std::u32string_view text) {
  return std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; });
}

// What punycode makes of a label "xn--…"; nullopt: it is none, or stands for no other label.
std::optional<std::u32string> decoded_label(std::u32string_view label) {
  if (label.size() < 4 || !is_ascii(label)) return std::nullopt;
  const std::string ascii = to_utf8(label);
  if ((ascii[0] | 0x20) != 'x' || (ascii[1] | 0x20) != 'n' || !ascii.substr(2).starts_with("--")) {
    return std::nullopt;
  }
  std::optional<std::u32string> decoded = punycode_decode(std::string_view(ascii).substr(4));
  if (!decoded || is_ascii(*decoded) || decoded->starts_with(U"xn--")) return std::nullopt;
  return decoded;
}

std::vector<std::u32string> split_labels(std::u32string_view domain) {
  std::vector<std::u32string> labels(1);
  for (const char32_t c : domain) {
    if (c == U'.' || c == 0x3002 || c == 0xFF0E || c == 0xFF61) {
      labels.emplace_back();
    } else {
      labels.back().push_back(c);
    }
  }
  return labels;
}

bool has_newer(std::u32string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char32_t c) { return newer_kind(c).has_value(); });
}

std::string encode(std::u32string_view domain, uint32_t& errors) {
  std::string out;
  for (const std::u32string& label : split_labels(domain)) {
    const std::string ascii = is_ascii(label) ? to_utf8(label) : "xn--" + punycode_encode(label);
    if (ascii.size() > kLabelBytesMax) errors |= UIDNA_ERROR_LABEL_TOO_LONG;
    out += ascii + '.';
  }
  out.pop_back();
  if (out.size() > kDomainBytesMax) errors |= UIDNA_ERROR_DOMAIN_NAME_TOO_LONG;
  return out;
}

}  // namespace

Converted convert_name(Conversion* conversion, const UIDNA* idna, std::string_view domain) {
  Converted result;
  if (idna == nullptr || domain.size() > kUnicodeDomainBytesMax) return result;
  result.text.resize(domain.size() * 2 + 64);
  for (int attempt = 0; attempt < 2; ++attempt) {
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode status = U_ZERO_ERROR;
    const int32_t length =
        conversion(idna, domain.data(), static_cast<int32_t>(domain.size()), result.text.data(),
                   static_cast<int32_t>(result.text.size()), &info, &status);
    if (status == U_MEMORY_ALLOCATION_ERROR) out_of_memory();
    if (status != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(status)) return result;
    result.text.resize(static_cast<size_t>(length));
    if (status == U_BUFFER_OVERFLOW_ERROR) continue;
    result.errors = info.errors;
    break;
  }
  return result;
}

std::u32string to_utf32(std::string_view utf8) {
  const auto input = icu::UnicodeString::fromUTF8(
      icu::StringPiece(utf8.data(), static_cast<int32_t>(utf8.size())));
  if (input.isBogus() != 0) out_of_memory();
  std::u32string out;
  out.reserve(static_cast<size_t>(input.length()));
  for (int32_t i = 0; i < input.length(); i = input.moveIndex32(i, 1)) {
    out.push_back(static_cast<char32_t>(input.char32At(i)));
  }
  return out;
}

std::string to_utf8(std::u32string_view text) {
  icu::UnicodeString buffer;
  for (const char32_t c : text) buffer.append(static_cast<UChar32>(c));
  if (buffer.isBogus() != 0) out_of_memory();
  std::string out;
  buffer.toUTF8String(out);
  return out;
}

std::optional<NewerDomain> NewerDomain::find(std::u32string_view domain) {
  NewerDomain found;
  bool newer = false;
  for (const std::u32string& label : split_labels(domain)) {
    std::optional<std::u32string> decoded = decoded_label(label);
    found.decoded_.push_back(decoded.has_value());
    found.labels_.push_back(decoded ? std::move(*decoded) : label);
    newer = newer || has_newer(found.labels_.back());
  }
  if (!newer) return std::nullopt;
  return found;
}

NewerDomain::Forms NewerDomain::process(const UIDNA* idna) {
  std::u32string text;
  for (const std::u32string& label : labels_) {
    if (&label != &labels_.front()) text.push_back(U'.');
    for (const char32_t c : label) text.push_back(stand_in(c));
  }
  Forms forms;
  forms.unicode = convert_name(uidna_nameToUnicodeUTF8, idna, to_utf8(text));
  std::u32string result = to_utf32(forms.unicode.text);
  if (!put_back(result) || !keeps_decoded(result)) {
    forms.unicode.errors |= UIDNA_ERROR_INVALID_ACE_LABEL;
  }
  forms.unicode.text = to_utf8(result);
  forms.ascii.errors = forms.unicode.errors;
  forms.ascii.text = encode(result, forms.ascii.errors);
  return forms;
}

char32_t NewerDomain::stand_in(char32_t c) {
  const std::optional<NewerKind> newer = newer_kind(c);
  const auto itself = std::find(kStandIns.begin(), kStandIns.end(), c);
  if (!newer && itself == kStandIns.end()) return c;
  const auto kind =
      newer ? static_cast<size_t>(*newer) : static_cast<size_t>(itself - kStandIns.begin());
  originals_[kind].push_back(c);
  return kStandIns[kind];
}

bool NewerDomain::put_back(std::u32string& text) {
  for (char32_t& c : text) {
    const auto found = std::find(kStandIns.begin(), kStandIns.end(), c);
    if (found == kStandIns.end()) continue;
    std::deque<char32_t>& originals = originals_[static_cast<size_t>(found - kStandIns.begin())];
    if (originals.empty()) return false;
    c = originals.front();
    originals.pop_front();
  }
  return std::all_of(originals_.begin(), originals_.end(),
                     [](const auto& originals) { return originals.empty(); });
}

// UTS 46 §4 step 4: what was encoded must be as the mapping would leave it, and nothing twice.
bool NewerDomain::keeps_decoded(std::u32string_view result) const {
  const std::vector<std::u32string> labels = split_labels(result);
  if (labels.size() != labels_.size()) return false;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (decoded_[i] && labels[i] != labels_[i]) return false;
    if (labels[i].starts_with(U"xn--")) return false;
  }
  return true;
}

}  // namespace crawl
