// SPDX-License-Identifier: MIT
#include "web/url.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "web/host_parser.h"
#include "web/ip_address.h"
#include "web/percent.h"

namespace crawl {
namespace {

constexpr uint16_t kBadPorts[] = {
    0,    1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,   23,    25,
    37,   42,   43,   53,   69,   77,   79,   87,   95,   101,  102,  103,  104,   109,
    110,  111,  113,  115,  117,  119,  123,  135,  137,  139,  143,  161,  179,   389,
    427,  465,  512,  513,  514,  515,  526,  530,  531,  532,  540,  548,  554,   556,
    563,  587,  601,  636,  989,  990,  993,  995,  1719, 1720, 1723, 2049, 3659,  4045,
    4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
};

enum class Verdict { kYes, kNo, kUnsure };

// The port behind ":" up to the end of the authority: as the serialiser writes it, and not
// `standard`.
bool is_canonical_port(std::string_view port, uint32_t standard) {
  if (port.empty() || port.size() > 5) return false;
  if (port.size() > 1 && port[0] == '0') return false;
  uint32_t value = 0;
  for (const char c : port) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<uint32_t>(c - '0');
  }
  return value <= UINT16_MAX && value != standard;
}

// Unsure about names that need more than a look at each byte.
Verdict judge_authority(std::string_view authority, uint32_t standard_port) {
  uint8_t seen = 0;
  size_t i = 0;
  for (; i < authority.size() && authority[i] != ':'; ++i) {
    seen = static_cast<uint8_t>(seen | host_byte(authority[i]));
  }
  if (i == 0) return Verdict::kNo;
  if (seen != 0 || ends_in_number(authority.substr(0, i))) return Verdict::kUnsure;
  if (i == authority.size()) return Verdict::kYes;
  return is_canonical_port(authority.substr(i + 1), standard_port) ? Verdict::kYes : Verdict::kNo;
}

// Unsure about segments that begin with a dot or a percent sign: they may be dot segments.
Verdict judge_path_and_query(std::string_view text) {
  size_t i = 0;
  for (char before = 0; i < text.size() && text[i] != '?'; before = text[i++]) {
    const char c = text[i];
    if (in_percent_set(c, kPathSet) || c == '\\') return Verdict::kNo;
    if (before == '/' && (c == '.' || c == '%')) return Verdict::kUnsure;
  }
  for (; i < text.size(); ++i) {
    if (in_percent_set(text[i], kSpecialQuerySet)) return Verdict::kNo;
  }
  return Verdict::kYes;
}

// Decides without allocating for nearly all canonical URLs.
Verdict judge_http_url(std::string_view href) {
  uint32_t standard_port = 0;
  if (href.starts_with("https://")) {
    href.remove_prefix(8);
    standard_port = 443;
  } else if (href.starts_with("http://")) {
    href.remove_prefix(7);
    standard_port = 80;
  } else {
    return Verdict::kNo;
  }
  const size_t slash = href.find('/');
  if (slash == std::string_view::npos) return Verdict::kNo;
  const Verdict verdict = judge_authority(href.substr(0, slash), standard_port);
  return verdict == Verdict::kYes ? judge_path_and_query(href.substr(slash)) : verdict;
}

constexpr std::string_view kShortenedMark = "#too-long:";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr size_t kHashDigits = 16;

}  // namespace

Url::SchemeKind Url::scheme_kind(std::string_view scheme) {
  switch (scheme.size()) {
    case 2:
      return scheme == "ws" ? SchemeKind::kWs : SchemeKind::kOther;
    case 3:
      if (scheme == "ftp") return SchemeKind::kFtp;
      return scheme == "wss" ? SchemeKind::kWss : SchemeKind::kOther;
    case 4:
      if (scheme == "http") return SchemeKind::kHttp;
      return scheme == "file" ? SchemeKind::kFile : SchemeKind::kOther;
    case 5:
      return scheme == "https" ? SchemeKind::kHttps : SchemeKind::kOther;
    default:
      return SchemeKind::kOther;
  }
}

uint16_t Url::default_port(SchemeKind kind) {
  switch (kind) {
    case SchemeKind::kHttp:
    case SchemeKind::kWs:
      return 80;
    case SchemeKind::kHttps:
    case SchemeKind::kWss:
      return 443;
    case SchemeKind::kFtp:
      return 21;
    default:
      return 0;
  }
}

size_t Url::path_end() const { return std::min<size_t>(query_start_, query_end()); }
size_t Url::query_end() const { return std::min<size_t>(fragment_start_, href_.size()); }

std::string_view Url::scheme() const { return std::string_view(href_).substr(0, scheme_end_); }

std::string_view Url::username() const {
  if (host_start_ == username_end_) return {};
  const size_t start = scheme_end_ + size_t{3};
  return std::string_view(href_).substr(start, username_end_ - start);
}

std::string_view Url::password() const {
  if (host_start_ == username_end_ || href_[username_end_] != ':') return {};
  const size_t start = username_end_ + size_t{1};
  return std::string_view(href_).substr(start, host_start_ - 1 - start);
}

std::string_view Url::host() const {
  return std::string_view(href_).substr(host_start_, host_end_ - host_start_);
}

std::optional<uint16_t> Url::port() const {
  if (!has_port_) return std::nullopt;
  return port_;
}

uint16_t Url::effective_port() const { return has_port_ ? port_ : default_port(kind_); }

std::string_view Url::path() const {
  return std::string_view(href_).substr(path_start_, path_end() - path_start_);
}

std::string_view Url::query() const {
  if (!has_query()) return {};
  return std::string_view(href_).substr(query_start_ + size_t{1}, query_end() - query_start_ - 1);
}

std::string_view Url::fragment() const {
  if (!has_fragment()) return {};
  return std::string_view(href_).substr(fragment_start_ + size_t{1});
}

bool Url::has_query() const { return query_start_ != kNone; }
bool Url::has_fragment() const { return fragment_start_ != kNone; }
bool Url::has_opaque_path() const { return opaque_path_; }
bool Url::has_credentials() const { return host_start_ != username_end_; }
bool Url::is_http() const { return kind_ == SchemeKind::kHttp || kind_ == SchemeKind::kHttps; }

std::string Url::authority() const {
  // The href writes the port just behind the host, or not at all.
  return has_host_ ? href_.substr(host_start_, path_start_ - host_start_) : std::string();
}

std::string Url::origin() const {
  if (kind_ == SchemeKind::kOther && scheme() == "blob") {
    const Result<Url> inner = parse(path());
    return inner && inner->is_http() ? inner->origin() : "null";
  }
  if (kind_ == SchemeKind::kOther || kind_ == SchemeKind::kFile) return "null";
  std::string out;
  out.reserve(scheme_end_ + size_t{3} + path_start_ - host_start_);
  out.append(href_, 0, scheme_end_ + size_t{3});
  return out.append(href_, host_start_, path_start_ - host_start_);
}

void Url::drop_fragment_and_credentials() {
  if (has_fragment()) {
    href_.resize(fragment_start_);
    fragment_start_ = kNone;
  }
  if (!has_credentials()) return;
  const uint32_t start = scheme_end_ + 3;
  const uint32_t length = host_start_ - start;
  href_.erase(start, length);
  username_end_ = start;
  host_start_ = start;
  host_end_ -= length;
  path_start_ -= length;
  if (has_query()) query_start_ -= length;
}

Url Url::canonical() const& {
  Url copy(*this);
  copy.drop_fragment_and_credentials();
  return copy;
}

Url Url::canonical() && {
  drop_fragment_and_credentials();
  return std::move(*this);
}

bool is_canonical_http_url(std::string_view href) {
  const Verdict verdict = judge_http_url(href);
  if (verdict != Verdict::kUnsure) return verdict == Verdict::kYes;
  const Result<Url> url = Url::parse(href);
  return url && url->is_http() && !url->has_fragment() && !url->has_credentials() &&
         url->href() == href;
}

std::string shortened_url(std::string_view href) {
  size_t end = std::min(href.size(), kShortenedBytes);
  // A character has at most three bytes behind its first; what is not UTF-8 is cut where it is.
  const auto continues = [href](size_t i) {
    return (static_cast<unsigned char>(href[i]) >> 6) == 2;
  };
  for (int i = 0; i < 3 && end < href.size() && continues(end); ++i) --end;
  std::string text;
  text.reserve(end + kShortenedMark.size() + kHashDigits);
  text.append(href, 0, end).append(kShortenedMark);
  const uint64_t hash = XXH3_64bits(href.data(), href.size());
  for (int shift = 60; shift >= 0; shift -= 4) text.push_back(kHexDigits[(hash >> shift) & 15]);
  return text;
}

bool is_shortened_url(std::string_view text) {
  const size_t mark = text.rfind(kShortenedMark);
  if (mark == std::string_view::npos || mark > kShortenedBytes) return false;
  const std::string_view digits = text.substr(mark + kShortenedMark.size());
  return digits.size() == kHashDigits &&
         digits.find_first_not_of(kHexDigits) == std::string_view::npos;
}

bool is_bad_port(uint16_t port) {
  return std::binary_search(std::begin(kBadPorts), std::end(kBadPorts), port);
}

bool has_scheme(std::string_view word) {
  const auto end = std::find_if_not(word.begin(), word.end(), [](char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) || c == '+' || c == '-' || c == '.';
  });
  const std::string_view scheme = word.substr(0, static_cast<size_t>(end - word.begin()));
  if (scheme.empty() || !is_ascii_letter(scheme.front()) || end == word.end() || *end != ':')
    return false;
  const std::string_view rest = word.substr(scheme.size() + 1);
  if (rest.starts_with("//")) return true;
  const bool port = !rest.empty() && is_ascii_digit(rest.front());
  return scheme.find('.') == std::string_view::npos && !port;
}

}  // namespace crawl
