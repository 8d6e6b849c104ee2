// SPDX-License-Identifier: MIT
#include "web/url_parser.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "base/ascii.h"
#include "base/escape.h"
#include "web/host_parser.h"
#include "web/percent.h"

namespace crawl {
namespace {

// No URL that anyone may fetch comes near; keeps all offsets within 32 bits (a byte becomes three).
constexpr size_t kInputBytesMax = 64u << 20;

bool is_tab_or_newline(char c) { return c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

Fault UrlParser::run() {
  const size_t length = scheme_length();
  if (length == 0) return no_scheme();
  char lower[8];
  if (length <= sizeof lower) {
    for (size_t i = 0; i < length; ++i) lower[i] = static_cast<char>(in_[i] | 0x20);
    const std::string_view scheme(lower, length);
    const SchemeKind kind = Url::scheme_kind(scheme);
    if (kind != SchemeKind::kOther) {
      pos_ = length + 1;
      begin(scheme, kind);
      return after_scheme();
    }
  }
  pos_ = length + 1;
  begin(in_.substr(0, length), SchemeKind::kOther);
  for (size_t i = 0; i < length; ++i) {
    if (is_ascii_letter(url_.href_[i])) url_.href_[i] = static_cast<char>(url_.href_[i] | 0x20);
  }
  return after_scheme();
}

// Scheme start state, scheme state: 0 when the input has no scheme.
size_t UrlParser::scheme_length() const {
  if (in_.empty() || !is_ascii_letter(in_[0])) return 0;
  for (size_t i = 1; i < in_.size(); ++i) {
    const char c = in_[i];
    if (c == ':') return i;
    if (!is_ascii_letter(c) && !is_ascii_digit(c) && c != '+' && c != '-' && c != '.') return 0;
  }
  return 0;
}

void UrlParser::begin(std::string_view scheme, SchemeKind kind) {
  url_.href_.reserve(in_.size() + scheme.size() + 8);
  url_.href_.append(scheme).push_back(':');
  url_.kind_ = kind;
  url_.scheme_end_ = size() - 1;
  url_.username_end_ = url_.host_start_ = url_.host_end_ = url_.path_start_ = size();
}

Fault UrlParser::after_scheme() {
  if (url_.kind_ == SchemeKind::kFile) return file();
  if (is_special()) {
    // Special relative or authority state: "http:foo" is relative to an http base.
    const bool relative_to_base = base_ != nullptr && base_->kind_ == url_.kind_;
    if (relative_to_base && !in_.substr(pos_).starts_with("//")) return relative();
    return special_authority();
  }
  if (!at('/')) return opaque_path();
  ++pos_;
  if (!at('/')) return path();
  ++pos_;
  return authority();
}

Fault UrlParser::no_scheme() {
  if (base_ == nullptr) return "it has no scheme, and there is no base URL";
  if (base_->opaque_path_) {
    if (!at('#')) return "it is relative to a URL that cannot be a base";
    return keep_base_path();
  }
  if (!is_file(base_)) return relative();
  keep_base_scheme();
  return file();
}

// Relative state and relative slash state.
Fault UrlParser::relative() {
  url_.kind_ = base_->kind_;
  if (at_slash()) {
    ++pos_;
    if (at_slash()) {
      keep_base_scheme();
      if (is_special()) return special_authority();
      ++pos_;
      return authority();
    }
    keep_base_authority();
    return path();
  }
  if (at_end() || at('?') || at('#')) return keep_base_path();
  keep_base_directory();
  return path();
}

// Copies the base's href up to `length`, with the offsets that lie within.
void UrlParser::copy_base(size_t length) {
  std::string href = std::move(url_.href_);
  href.clear();
  href.reserve(length + in_.size() - pos_ + 8);
  href.append(base_->href_, 0, length);
  const uint32_t end = static_cast<uint32_t>(length);
  url_.href_ = std::move(href);
  url_.kind_ = base_->kind_;
  url_.scheme_end_ = base_->scheme_end_;
  url_.username_end_ = std::min(base_->username_end_, end);
  url_.host_start_ = std::min(base_->host_start_, end);
  url_.host_end_ = std::min(base_->host_end_, end);
  url_.path_start_ = std::min(base_->path_start_, end);
  url_.port_ = base_->port_;
  url_.has_port_ = base_->has_port_;
  url_.has_host_ = base_->has_host_;
  url_.opaque_path_ = base_->opaque_path_;
}

void UrlParser::keep_base_scheme() {
  copy_base(base_->scheme_end_ + size_t{1});
  url_.has_host_ = false;
  url_.has_port_ = false;
}

void UrlParser::keep_base_authority() {
  copy_base(base_->has_host_ ? base_->path_start_ : base_->scheme_end_ + size_t{1});
}

// Everything up to the last "/" of the path: the base with its path shortened.
void UrlParser::keep_base_directory() {
  copy_base(base_->path_end());
  if (!base_->has_host_ && url_.path_start_ > base_->scheme_end_ + 1) {
    url_.path_start_ = base_->scheme_end_ + 1;  // without "/.", which may not be needed any more
    url_.href_.erase(url_.path_start_, 2);
  }
  pop_segment();
}

// The base with its path, and with its query unless the input has one.
Fault UrlParser::keep_base_path() {
  if (at('?')) {
    copy_base(base_->path_end());
  } else {
    copy_base(base_->query_end());
    url_.query_start_ = base_->query_start_;
  }
  return query_and_fragment();
}

// Special authority slashes state, special authority ignore slashes state.
Fault UrlParser::special_authority() {
  while (at_slash()) ++pos_;
  return authority();
}

Fault UrlParser::authority() {
  size_t end = pos_;
  while (end < in_.size() && in_[end] != '/' && in_[end] != '?' && in_[end] != '#' &&
         !(in_[end] == '\\' && is_special())) {
    ++end;
  }
  std::string_view text = in_.substr(pos_, end - pos_);
  pos_ = end;
  url_.href_.append("//");
  url_.has_host_ = true;
  url_.username_end_ = size();
  if (const size_t sign = text.rfind('@'); sign != std::string_view::npos) {
    credentials(text.substr(0, sign));
    text.remove_prefix(sign + 1);
    if (text.empty()) return "the host is missing";
  }
  if (Fault fault = host_and_port(text)) return fault;
  return path_start();
}

void UrlParser::credentials(std::string_view text) {
  const size_t colon = std::min(text.find(':'), text.size());
  append_percent_encoded(text.substr(0, colon), kUserinfoSet, url_.href_);
  const uint32_t username_end = size();
  if (colon + 1 < text.size()) {
    url_.href_.push_back(':');
    append_percent_encoded(text.substr(colon + 1), kUserinfoSet, url_.href_);
  }
  if (size() > url_.username_end_) url_.href_.push_back('@');
  url_.username_end_ = username_end;
}

// Host state. A colon within brackets belongs to an IPv6 address.
Fault UrlParser::host_and_port(std::string_view text) {
  size_t colon = 0;
  for (bool in_brackets = false; colon < text.size(); ++colon) {
    const char c = text[colon];
    if (c == ':' && !in_brackets) break;
    in_brackets = c == '[' || (in_brackets && c != ']');
  }
  url_.host_start_ = size();
  if (colon > 0) {
    const std::string_view host = text.substr(0, colon);
    if (Fault fault = is_special() ? append_special_host(host, url_.href_)
                                   : append_opaque_host(host, url_.href_)) {
      return fault;
    }
  } else if (is_special() || colon < text.size()) {
    return "the host is missing";
  }
  url_.host_end_ = size();
  if (colon < text.size()) {
    if (Fault fault = port(text.substr(colon + 1))) return fault;
  }
  url_.path_start_ = size();
  return nullptr;
}

Fault UrlParser::port(std::string_view digits) {
  uint32_t value = 0;
  for (const char c : digits) {
    if (!is_ascii_digit(c)) return "the port is not a number";
    value = value * 10 + static_cast<uint32_t>(c - '0');
    if (value > UINT16_MAX) return "the port is above 65535";
  }
  if (digits.empty()) return nullptr;
  const auto number = static_cast<uint16_t>(value);
  if (is_special() && number == Url::default_port(url_.kind_)) return nullptr;
  char text[5];
  const auto result = std::to_chars(text, text + sizeof text, number);
  url_.href_.push_back(':');
  url_.href_.append(text, result.ptr);
  url_.port_ = number;
  url_.has_port_ = true;
  return nullptr;
}

namespace {

std::string_view trimmed(std::string_view input) {
  const auto is_trimmed = [](char c) { return static_cast<unsigned char>(c) <= 0x20; };
  while (!input.empty() && is_trimmed(input.front())) input.remove_prefix(1);
  while (!input.empty() && is_trimmed(input.back())) input.remove_suffix(1);
  return input;
}

// Whether the input needs cleaning: tabs and newlines removed, invalid UTF-8 replaced.
bool is_plain(std::string_view input) {
  unsigned unusual = 0;
  for (const char c : input) unusual |= static_cast<unsigned char>(c) - 0x20u >= 0x60u ? 1u : 0u;
  return unusual == 0;
}

std::string cleaned(std::string_view input) {
  std::string text = is_valid_utf8(input) ? std::string(input) : to_valid_utf8(input);
  std::erase_if(text, is_tab_or_newline);
  return text;
}

Result<Url> parse_url(std::string_view input, const Url* base) {
  std::string buffer;
  input = trimmed(input);
  if (input.size() > kInputBytesMax ||
      (base != nullptr && base->href().size() > 3 * kInputBytesMax)) {
    return Error{Errc::kInvalid, 0, "it is too long"};
  }
  if (!is_plain(input)) {
    buffer = cleaned(input);
    input = buffer;
  }
  UrlParser parser(input, base);
  if (Fault fault = parser.run()) return Error{Errc::kInvalid, 0, fault};
  return parser.take();
}

}  // namespace

Result<Url> Url::parse(std::string_view input) { return parse_url(input, nullptr); }
Result<Url> Url::parse(std::string_view input, const Url& base) { return parse_url(input, &base); }

}  // namespace crawl
