// SPDX-License-Identifier: MIT

// The states of the URL parser behind the authority, and those of file URLs with their drive
// letters.

#include <algorithm>
#include <array>
#include <string>

#include "base/ascii.h"
#include "web/host_parser.h"
#include "web/percent.h"
#include "web/url_parser.h"

namespace crawl {
namespace {

// What a byte means to the fast scan of a path.
constexpr uint8_t kSlow = 1;
constexpr uint8_t kSlash = 2;
constexpr uint8_t kDotLike = 4;  // begins a dot segment, if anything does
constexpr uint8_t kPathEnd = 8;

constexpr std::array<uint8_t, 256> make_path_bytes() {
  std::array<uint8_t, 256> table{};
  for (size_t c = 0; c < table.size(); ++c) {
    if ((kPercentSets[c] & kPathSet) != 0) table[c] = kSlow;
  }
  table['\\'] = kSlow;
  table['/'] = kSlash;
  table['.'] = kDotLike;
  table['%'] = kDotLike;
  table['?'] = kPathEnd;
  table['#'] = kPathEnd;
  return table;
}
constexpr std::array<uint8_t, 256> kPathBytes = make_path_bytes();

bool is_drive_letter(std::string_view text) {
  return text.size() == 2 && is_ascii_letter(text[0]) && (text[1] == ':' || text[1] == '|');
}

// Whether a path begins with a segment like "C:".
bool begins_with_drive(std::string_view path) {
  return path.size() >= 3 && path[0] == '/' && is_ascii_letter(path[1]) && path[2] == ':' &&
         (path.size() == 3 || path[3] == '/');
}

// The number of dots that a segment stands for: 1, 2, or 0 for a segment like any other.
int dots_in(std::string_view segment) {
  int dots = 0;
  while (!segment.empty()) {
    if (segment[0] == '.') {
      segment.remove_prefix(1);
    } else if (segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' &&
               (segment[2] | 0x20) == 'e') {
      segment.remove_prefix(3);
    } else {
      return 0;
    }
    if (++dots > 2) return 0;
  }
  return dots;
}

}  // namespace

void UrlParser::begin_empty_host() {
  url_.href_.append("//");
  url_.has_host_ = true;
  url_.username_end_ = url_.host_start_ = url_.host_end_ = url_.path_start_ = size();
}

// "starts with a Windows drive letter"
bool UrlParser::at_drive_letter() const {
  const std::string_view rest = in_.substr(pos_);
  return is_drive_letter(rest.substr(0, 2)) &&
         (rest.size() == 2 || std::string_view("/\\?#").find(rest[2]) != std::string_view::npos);
}

// File state. The href is "file:".
Fault UrlParser::file() {
  if (at_slash()) {
    ++pos_;
    return file_slash();
  }
  if (!is_file(base_)) {
    begin_empty_host();
    return path();
  }
  if (at_end() || at('?') || at('#')) return keep_base_path();
  if (at_drive_letter()) {
    keep_base_authority();
  } else {
    keep_base_directory();
  }
  return path();
}

Fault UrlParser::file_slash() {
  if (at_slash()) {
    ++pos_;
    return file_host();
  }
  if (!is_file(base_)) {
    begin_empty_host();
    return path();
  }
  const bool keeps_drive = !at_drive_letter() && begins_with_drive(base_->path());
  keep_base_authority();
  if (keeps_drive) url_.href_.append(base_->path(), 0, 3);
  return path();
}

Fault UrlParser::file_host() {
  const size_t end = std::min(in_.find_first_of("/\\?#", pos_), in_.size());
  const std::string_view host = in_.substr(pos_, end - pos_);
  begin_empty_host();
  if (is_drive_letter(host)) return path();  // "file://C|/": the letter begins the path
  pos_ = end;
  if (!host.empty()) {
    if (Fault fault = append_special_host(host, url_.href_)) return fault;
    if (std::string_view(url_.href_).substr(url_.host_start_) == "localhost") {
      url_.href_.resize(url_.host_start_);
    }
  }
  url_.host_end_ = url_.path_start_ = size();
  return path_start();
}

Fault UrlParser::path_start() {
  if (!is_special() && (at_end() || at('?') || at('#'))) return query_and_fragment();
  if (at_slash()) ++pos_;
  return path();
}

// Path state. The slash before the first segment has been read, if there was one.
Fault UrlParser::path() {
  if (!plain_path()) {
    while (segment()) {
    }
  }
  if (!url_.has_host_) separate_path_from_scheme();
  return query_and_fragment();
}

// Takes over the rest of the path as it stands, if it can.
bool UrlParser::plain_path() {
  if (url_.kind_ == SchemeKind::kFile) return false;  // drive letters
  unsigned seen = 0;
  unsigned before = kSlash;
  size_t end = pos_;
  for (; end < in_.size(); ++end) {
    const unsigned byte = kPathBytes[static_cast<unsigned char>(in_[end])];
    if (byte == kPathEnd) break;
    static_assert(kSlash << 1 == kDotLike);
    seen |= byte & (kSlow | (before << 1 & kDotLike));
    before = byte;
  }
  if (seen != 0) return false;
  url_.href_.push_back('/');
  url_.href_.append(in_, pos_, end - pos_);
  pos_ = end;
  return true;
}

// Appends one segment and reads the slash behind it; false when there was none.
bool UrlParser::segment() {
  size_t end = pos_;
  while (end < in_.size() && in_[end] != '/' && in_[end] != '?' && in_[end] != '#' &&
         !(in_[end] == '\\' && is_special())) {
    ++end;
  }
  const std::string_view text = in_.substr(pos_, end - pos_);
  pos_ = end;
  const bool slash = at_slash();
  if (slash) ++pos_;
  if (const int dots = dots_in(text); dots > 0) {
    if (dots == 2) pop_segment();
    if (!slash) url_.href_.push_back('/');
    return slash;
  }
  const bool first = size() == url_.path_start_;
  url_.href_.push_back('/');
  append_percent_encoded(text, kPathSet, url_.href_);
  if (first && is_file(&url_) && is_drive_letter(text)) url_.href_.back() = ':';
  return slash;
}

// "shorten a url's path"
void UrlParser::pop_segment() {
  const std::string_view path = written_path();
  if (is_file(&url_) && path.size() == 3 && begins_with_drive(path)) return;
  if (!path.empty()) url_.href_.resize(url_.path_start_ + path.rfind('/'));
}

// §4.5: without a host, "/." keeps a path that begins with "//" from reading as one.
void UrlParser::separate_path_from_scheme() {
  if (!written_path().starts_with("//")) return;
  url_.href_.insert(url_.path_start_, "/.");
  url_.path_start_ += 2;
}

// Opaque path state.
Fault UrlParser::opaque_path() {
  url_.opaque_path_ = true;
  const size_t end = std::min(in_.find_first_of("?#", pos_), in_.size());
  append_percent_encoded(in_.substr(pos_, end - pos_), kC0ControlSet, url_.href_);
  pos_ = end;
  if (!at_end() && written_path().ends_with(' ')) {
    url_.href_.pop_back();
    url_.href_.append("%20");
  }
  return query_and_fragment();
}

// Query state, fragment state. `pos_` is at "?", "#" or the end.
Fault UrlParser::query_and_fragment() {
  if (at('?')) {
    const size_t end = std::min(in_.find('#', pos_), in_.size());
    url_.query_start_ = size();
    url_.href_.push_back('?');
    append_percent_encoded(in_.substr(pos_ + 1, end - pos_ - 1),
                           is_special() ? kSpecialQuerySet : kQuerySet, url_.href_);
    pos_ = end;
  }
  if (at('#')) {
    url_.fragment_start_ = size();
    url_.href_.push_back('#');
    append_percent_encoded(in_.substr(pos_ + 1), kFragmentSet, url_.href_);
  }
  return nullptr;
}

}  // namespace crawl
