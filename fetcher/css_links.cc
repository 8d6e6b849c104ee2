// SPDX-License-Identifier: MIT
#include "fetcher/css_links.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "fetcher/ascii.h"
#include "fetcher/code_point.h"

namespace crawl {
namespace {

constexpr size_t kEscapeDigitsMax = 6;
constexpr size_t kNameBytesMax = 32;  // longer than any name that matters

bool is_newline(char c) { return c == '\n' || c == '\r' || c == '\f'; }

// §4.2 "ident code point"; bytes of characters beyond ASCII all are.
bool is_name_char(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_followed(std::string_view url) {
  while (!url.empty() && static_cast<unsigned char>(url.front()) <= 0x20) url.remove_prefix(1);
  return !url.empty() && url.front() != '#' && !starts_ignoring_case(url, "data:");
}

class Scanner {
 public:
  Scanner(std::string_view css, const std::function<void(std::string_view)>& visit)
      : css_(css), visit_(visit) {}

  void run() {
    while (at_ < css_.size()) {
      const char c = css_[at_];
      if (c == '/' && peek(1) == '*') {
        skip_comment();
      } else if (c == '"' || c == '\'') {
        read_string();
        if (wants_string()) report();
        expects_ = Rule::kNone;
      } else if (c == '@') {
        ++at_;
        read_at_rule();
      } else if (is_name_char(c) || c == '\\') {
        read_name_or_function();
      } else {
        read_punctuation(c);
      }
    }
  }

 private:
  // What a rule that just began takes as its first value.
  enum class Rule : uint8_t { kNone, kImport, kNamespace };

  char peek(size_t ahead) const { return at_ + ahead < css_.size() ? css_[at_ + ahead] : '\0'; }

  bool wants_string() const {
    return expects_ == Rule::kImport || (depth_ != 0 && depth_ == image_set_depth_);
  }

  void report() {
    if (is_followed(value_)) visit_(value_);
  }

  void read_punctuation(char c) {
    ++at_;
    if (c == '(') ++depth_;
    if (c == ')') close();
    // A block or a declaration's end closes what was left open: one missing ")" costs one rule.
    if (c == ';' || c == '{' || c == '}') {
      expects_ = Rule::kNone;
      depth_ = image_set_depth_ = 0;
    }
  }

  void close() {
    if (depth_ == image_set_depth_) image_set_depth_ = 0;
    if (depth_ > 0) --depth_;
  }

  void skip_comment() {
    const size_t end = css_.find("*/", at_ + 2);
    at_ = end == std::string_view::npos ? css_.size() : end + 2;
  }

  void skip_space() {
    while (at_ < css_.size() && is_ascii_space(css_[at_])) ++at_;
  }

  // §4.3.7; at_ is behind the backslash. Appends the character where it is kept.
  void read_escape(std::string& out) {
    uint32_t code_point = 0;
    size_t digits = 0;
    for (; digits < kEscapeDigitsMax && at_ < css_.size(); ++digits, ++at_) {
      const int digit = hex_value(css_[at_]);
      if (digit < 0) break;
      code_point = code_point * 16 + static_cast<uint32_t>(digit);
    }
    if (digits > 0) {
      if (peek(0) == '\r' && peek(1) == '\n') ++at_;
      if (at_ < css_.size() && is_ascii_space(css_[at_])) ++at_;
      append_code_point(out, code_point);
    } else if (at_ < css_.size()) {
      out.push_back(css_[at_++]);
    }
  }

  // §4.3.5; at_ is on the quote. An unescaped newline ends a string that is not closed.
  void read_string() {
    value_.clear();
    const char quote = css_[at_++];
    while (at_ < css_.size()) {
      const char c = css_[at_];
      if (c == quote) {
        ++at_;
        return;
      }
      if (is_newline(c)) return value_.clear();
      ++at_;
      if (c != '\\') {
        value_.push_back(c);
      } else if (is_newline(peek(0))) {
        if (peek(0) == '\r' && peek(1) == '\n') ++at_;
        ++at_;
      } else {
        read_escape(value_);
      }
    }
  }

  // §4.3.12; in lower case, cut short.
  void read_name() {
    name_.clear();
    while (at_ < css_.size()) {
      const char c = css_[at_];
      if (is_name_char(c)) {
        ++at_;
        if (name_.size() < kNameBytesMax) name_.push_back(ascii_lower(c));
      } else if (c == '\\' && !is_newline(peek(1))) {
        ++at_;
        escaped_.clear();
        read_escape(escaped_);
        if (name_.size() < kNameBytesMax) {
          std::transform(escaped_.begin(), escaped_.end(), std::back_inserter(name_), ascii_lower);
        }
      } else {
        return;
      }
    }
  }

  void read_at_rule() {
    read_name();
    expects_ = name_ == "import"      ? Rule::kImport
               : name_ == "namespace" ? Rule::kNamespace
                                      : Rule::kNone;
  }

  void read_name_or_function() {
    const size_t start = at_;
    read_name();
    if (at_ == start) ++at_;  // a backslash before a newline is no name
    const bool is_function = peek(0) == '(';
    if (is_function) {
      ++at_;
      if (name_ == "url" || name_ == "src") return read_url(name_ == "url");
    }
    // "@namespace svg url(…)": the prefix comes first.
    if (expects_ == Rule::kImport) expects_ = Rule::kNone;
    if (!is_function) return;
    ++depth_;
    if (name_ == "image-set" || name_ == "-webkit-image-set") image_set_depth_ = depth_;
  }

  // §4.3.6, and the function form url("…" …); at_ is behind "(".
  void read_url(bool may_be_bare) {
    const bool is_name = expects_ == Rule::kNamespace;
    expects_ = Rule::kNone;
    skip_space();
    const char quote = peek(0);
    if (quote == '"' || quote == '\'') {
      read_string();
      ++depth_;  // its ")" comes as punctuation
    } else if (!may_be_bare) {
      ++depth_;
      return;
    } else if (!read_bare_url()) {
      return;
    }
    if (!is_name) report();
  }

  // False for a bad URL, which is skipped (§4.3.14).
  bool read_bare_url() {
    value_.clear();
    bool is_good = true;
    while (at_ < css_.size()) {
      const char c = css_[at_++];
      if (c == ')') return is_good;
      if (is_ascii_space(c)) {
        skip_space();
        is_good = is_good && (at_ >= css_.size() || css_[at_] == ')');
      } else if (c == '\\' && !is_newline(peek(0))) {
        read_escape(value_);
      } else if (c == '"' || c == '\'' || c == '(' || c == '\\' || c == '\x7F' ||
                 static_cast<unsigned char>(c) < 0x20) {
        is_good = false;
      } else {
        value_.push_back(c);
      }
    }
    return is_good;
  }

  std::string_view css_;
  const std::function<void(std::string_view)>& visit_;
  size_t at_ = 0;
  size_t depth_ = 0;            // of open parentheses
  size_t image_set_depth_ = 0;  // the depth inside the image-set() that is open; 0: none
  Rule expects_ = Rule::kNone;
  std::string value_;
  std::string name_;
  std::string escaped_;
};

}  // namespace

void for_each_css_url(std::string_view css, const std::function<void(std::string_view)>& visit) {
  Scanner(css, visit).run();
}

void add_css_links(std::string_view css, LinkCollector& links) {
  for_each_css_url(css, [&links](std::string_view url) {
    links.add(LinkKind::kStyle, links.keep(url, SIZE_MAX));
  });
}

}  // namespace crawl
