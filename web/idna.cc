// SPDX-License-Identifier: MIT

// Domains to ASCII and back by UTS 46 with ICU, corrected to what the URL Standard (§3.3) asks.

#include <unicode/uidna.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>

#include "web/host.h"
#include "web/host_parser.h"

namespace crawl {
namespace {

// Punycode costs the square of a label's length, and DNS knows nothing longer than 255 bytes.
constexpr size_t kUnicodeDomainBytesMax = 4096;

// What ICU always checks and the standard wants ignored when not strict: VerifyDnsLength and
// CheckHyphens are false.
constexpr uint32_t kIgnoredErrors = UIDNA_ERROR_EMPTY_LABEL | UIDNA_ERROR_LABEL_TOO_LONG |
                                    UIDNA_ERROR_DOMAIN_NAME_TOO_LONG | UIDNA_ERROR_LEADING_HYPHEN |
                                    UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;

const UIDNA* open_idna(uint32_t extra_options) {
  UErrorCode status = U_ZERO_ERROR;
  const UIDNA* idna =
      uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII |
                          UIDNA_NONTRANSITIONAL_TO_UNICODE | extra_options,
                      &status);
  return U_SUCCESS(status) ? idna : nullptr;
}

// ICU's objects are immutable once opened and live as long as the process.
const UIDNA* lenient_idna() {
  static const UIDNA* const kIdna = open_idna(0);
  return kIdna;
}
const UIDNA* strict_idna() {
  static const UIDNA* const kIdna = open_idna(UIDNA_USE_STD3_RULES);
  return kIdna;
}

using Conversion = int32_t(const UIDNA*, const char*, int32_t, char*, int32_t, UIDNAInfo*,
                           UErrorCode*);

struct Converted {
  std::string text;
  uint32_t errors = UINT32_MAX;
};

Converted convert(Conversion* conversion, const UIDNA* idna, std::string_view domain) {
  Converted result;
  if (idna == nullptr || domain.size() > kUnicodeDomainBytesMax) return result;
  result.text.resize(domain.size() * 2 + 64);
  for (int attempt = 0; attempt < 2; ++attempt) {
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode status = U_ZERO_ERROR;
    const int32_t length =
        conversion(idna, domain.data(), static_cast<int32_t>(domain.size()), result.text.data(),
                   static_cast<int32_t>(result.text.size()), &info, &status);
    if (status != U_BUFFER_OVERFLOW_ERROR && U_FAILURE(status)) return result;
    result.text.resize(static_cast<size_t>(length));
    if (status == U_BUFFER_OVERFLOW_ERROR) continue;
    result.errors = info.errors;
    break;
  }
  return result;
}

constexpr UChar32 kIgnored = -1;

struct Remapping {
  UChar32 first;
  UChar32 last;
  UChar32 to;  // of `first`, or kIgnored
};

// What the IDNA mapping table has changed, for characters that existed, since Unicode 15 (ICU 72):
// nearly all were disallowed. With a newer ICU these entries repeat what it does itself.
constexpr Remapping kRemappings[] = {
    {0x04C0, 0x04C0, 0x04CF},     {0x10A0, 0x10C5, 0x2D00},   {0x115F, 0x1160, kIgnored},
    {0x17B4, 0x17B5, kIgnored},   {0x180E, 0x180E, kIgnored}, {0x1E9E, 0x1E9E, 0x00DF},
    {0x2061, 0x2063, kIgnored},   {0x206A, 0x206F, kIgnored}, {0x2132, 0x2132, 0x214E},
    {0x2183, 0x2183, 0x2184},     {0x3164, 0x3164, kIgnored}, {0xFFA0, 0xFFA0, kIgnored},
    {0x1D173, 0x1D17A, kIgnored}, {0x2F868, 0x2F868, 0x36FC}, {0x2F874, 0x2F874, 0x5F53},
    {0x2F91F, 0x2F91F, 0x243AB},  {0x2F95F, 0x2F95F, 0x7AEE}, {0x2F9BF, 0x2F9BF, 0x45D7},
};

UChar32 remapped(UChar32 c) {
  for (const Remapping& entry : kRemappings) {
    if (c < entry.first || c > entry.last) continue;
    return entry.to == kIgnored ? kIgnored : entry.to + c - entry.first;
  }
  return c;
}

// `text` as the newest mapping table reads it; invalid UTF-8 becomes U+FFFD, which is disallowed.
std::string remap(std::string_view text) {
  const auto input = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  icu::UnicodeString output;
  for (int32_t i = 0; i < input.length(); i = input.moveIndex32(i, 1)) {
    const UChar32 c = remapped(input.char32At(i));
    if (c != kIgnored) output.append(c);
  }
  std::string out;
  output.toUTF8String(out);
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool has_ace_label(std::string_view domain) {
  return domain.starts_with("xn--") || domain.find(".xn--") != std::string_view::npos;
}

// A label may not decode to what looks encoded again: a rule of UTS 46 since revision 31 (§4.1,
// when CheckHyphens is false) that ICU 72 does not know.
bool is_encoded_twice(std::string_view ascii) {
  if (ascii.find("xn--xn--") == std::string_view::npos) return false;
  return has_ace_label(convert(uidna_nameToUnicodeUTF8, lenient_idna(), ascii).text);
}

Converted to_ascii(const UIDNA* idna, std::string_view domain) {
  if (domain.size() > kUnicodeDomainBytesMax) return Converted{};
  Converted ascii = convert(uidna_nameToASCII_UTF8, idna, remap(domain));
  if (is_encoded_twice(ascii.text)) ascii.errors |= UIDNA_ERROR_INVALID_ACE_LABEL;
  return ascii;
}

HostFault append_checked(std::string_view domain, std::string& out) {
  if (domain.empty()) return "the host is missing";
  for (const char c : domain) {
    if ((host_byte(c) & kForbiddenDomain) != 0) return "the host holds a forbidden character";
    out.push_back((host_byte(c) & kUpperCase) != 0 ? static_cast<char>(c | 0x20) : c);
  }
  return nullptr;
}

}  // namespace

HostFault append_ascii_domain(std::string_view domain, std::string& out) {
  // An ASCII domain is taken as it is, even where its "xn--" labels are not valid.
  if (is_ascii(domain)) return append_checked(domain, out);
  const Converted ascii = to_ascii(lenient_idna(), domain);
  if ((ascii.errors & ~kIgnoredErrors) != 0) {
    return "the host is not a valid internationalised domain name";
  }
  return append_checked(ascii.text, out);
}

Result<std::string> domain_to_ascii(std::string_view domain, bool be_strict) {
  if (be_strict) {
    Converted ascii = to_ascii(strict_idna(), domain);
    if (ascii.errors == 0) return std::move(ascii.text);
    return Error{Errc::kInvalid, 0, "not a valid domain name"};
  }
  std::string out;
  if (HostFault fault = append_ascii_domain(domain, out)) return Error{Errc::kInvalid, 0, fault};
  return out;
}

std::string domain_to_unicode(std::string_view ascii) {
  if (ascii.find("xn--") == std::string_view::npos) return std::string(ascii);
  Converted unicode = convert(uidna_nameToUnicodeUTF8, lenient_idna(), ascii);
  if ((unicode.errors & ~kIgnoredErrors) != 0 || is_encoded_twice(ascii)) {
    return std::string(ascii);
  }
  return std::move(unicode.text);
}

}  // namespace crawl
