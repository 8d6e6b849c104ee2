// SPDX-License-Identifier: MIT

// Domains to ASCII and back by UTS 46 with ICU, corrected to what the URL Standard (§3.3) asks.

#include <algorithm>

#include "base/out_of_memory.h"
#include "web/host.h"
#include "web/host_parser.h"
#include "web/idna_names.h"
#include "web/newer_characters.h"

namespace crawl {
namespace {

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
  if (status == U_MEMORY_ALLOCATION_ERROR) out_of_memory();
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
std::u32string remap(std::string_view text) {
  std::u32string out = to_utf32(text);
  std::erase_if(out, [](char32_t c) { return remapped(static_cast<UChar32>(c)) == kIgnored; });
  for (char32_t& c : out)
    c = newer_mapping(static_cast<char32_t>(remapped(static_cast<UChar32>(c))));
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
  return has_ace_label(convert_name(uidna_nameToUnicodeUTF8, lenient_idna(), ascii).text);
}

Converted to_ascii(const UIDNA* idna, std::string_view domain) {
  Converted ascii;
  if (domain.size() > kUnicodeDomainBytesMax) return ascii;
  const std::u32string mapped = remap(domain);
  if (std::optional<NewerDomain> newer = NewerDomain::find(mapped)) {
    return newer->process(idna).ascii;
  }
  ascii = convert_name(uidna_nameToASCII_UTF8, idna, to_utf8(mapped));
  if (is_encoded_twice(ascii.text)) ascii.errors |= UIDNA_ERROR_INVALID_ACE_LABEL;
  return ascii;
}

Converted to_unicode(std::string_view ascii) {
  Converted unicode;
  if (ascii.size() > kUnicodeDomainBytesMax) return unicode;
  if (std::optional<NewerDomain> newer = NewerDomain::find(to_utf32(ascii))) {
    return newer->process(lenient_idna()).unicode;
  }
  unicode = convert_name(uidna_nameToUnicodeUTF8, lenient_idna(), ascii);
  if (is_encoded_twice(ascii)) unicode.errors |= UIDNA_ERROR_INVALID_ACE_LABEL;
  return unicode;
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
  // ICU encodes labels of up to 1000 UTF-16 units, and a byte may stand for two: what is longer
  // could not be read again. No name of the DNS is longer than 253 bytes (RFC 1035 §2.3.4).
  constexpr size_t kReadableBytesMax = 500;
  if (ascii.size() > kReadableBytesMax) return std::string(ascii);
  if (ascii.find("xn--") == std::string_view::npos) return std::string(ascii);
  Converted unicode = to_unicode(ascii);
  if ((unicode.errors & ~kIgnoredErrors) != 0) return std::string(ascii);
  return std::move(unicode.text);
}

}  // namespace crawl
