// SPDX-License-Identifier: MIT
#pragma once

// The basic URL parser (URL Standard §4.4). Its state machine is written as one function per state,
// each of which reads up to its delimiter and appends to the href, so that no part is stored twice.
// Url::parse is the way in.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "web/url.h"

namespace crawl {

using Fault = const char*;  // nullptr, or what is wrong with the URL

class UrlParser {
 public:
  // `input` is trimmed, valid UTF-8 and without tabs and newlines.
  UrlParser(std::string_view input, const Url* base) : in_(input), base_(base) {}

  Fault run();
  Url take() { return std::move(url_); }

 private:
  using SchemeKind = Url::SchemeKind;

  size_t scheme_length() const;
  Fault after_scheme();
  Fault no_scheme();
  Fault relative();
  Fault special_authority();
  Fault authority();
  void credentials(std::string_view text);
  Fault host_and_port(std::string_view text);
  Fault port(std::string_view digits);
  Fault file();
  Fault file_slash();
  Fault file_host();
  Fault path_start();
  Fault path();
  bool plain_path();
  bool segment();
  void pop_segment();
  void separate_path_from_scheme();
  Fault opaque_path();
  Fault query_and_fragment();

  void begin(std::string_view scheme, SchemeKind kind);
  void begin_empty_host();
  void keep_base_scheme();
  void keep_base_authority();
  void keep_base_directory();
  Fault keep_base_path();
  void copy_base(size_t length);

  bool is_special() const { return url_.kind_ != SchemeKind::kOther; }
  bool at_end() const { return pos_ == in_.size(); }
  bool at(char c) const { return pos_ < in_.size() && in_[pos_] == c; }
  bool at_slash() const { return at('/') || (is_special() && at('\\')); }
  static bool is_file(const Url* url) { return url != nullptr && url->kind_ == SchemeKind::kFile; }
  bool at_drive_letter() const;
  uint32_t size() const { return static_cast<uint32_t>(url_.href_.size()); }
  std::string_view written_path() const {
    return std::string_view(url_.href_).substr(url_.path_start_);
  }

  std::string_view in_;
  const Url* base_;
  size_t pos_ = 0;
  Url url_;
};

}  // namespace crawl
