// SPDX-License-Identifier: MIT
#include "fetcher/meta_prescan.h"

#include <string>
#include <vector>

#include "fetcher/ascii.h"
#include "web/charset_label.h"

namespace crawl {
namespace {

using Encoding = std::optional<std::string_view>;

// A declaration was readable as ASCII, so the document cannot be UTF-16 whatever it says.
Encoding as_declared_in_ascii(Encoding encoding) {
  if (encoding == "UTF-16BE" || encoding == "UTF-16LE") return "UTF-8";
  return encoding;
}

struct Attribute {
  std::string name;
  std::string value;
};

class Prescan {
 public:
  explicit Prescan(std::string_view bytes) : bytes_(bytes) {}

  // Running out of bytes anywhere ends the prescan without a result.
  Encoding run() {
    for (; !at_end(); ++at_) {
      if (starts_ignoring_case(rest(), "<!--")) {
        skip_comment();
      } else if (is_meta()) {
        at_ += 5;
        if (const Encoding encoding = read_meta()) return encoding;
      } else if (is_tag()) {
        skip_tag();
      } else if (rest().starts_with("<!") || rest().starts_with("</") || rest().starts_with("<?")) {
        at_ = std::min(bytes_.find('>', at_), bytes_.size());
      }
    }
    return std::nullopt;
  }

 private:
  bool at_end() const { return at_ >= bytes_.size(); }
  std::string_view rest() const { return bytes_.substr(at_); }
  char here() const { return bytes_[at_]; }

  bool is_meta() const {
    if (!starts_ignoring_case(rest(), "<meta") || rest().size() < 6) return false;
    return is_ascii_space(rest()[5]) || rest()[5] == '/';
  }
  bool is_tag() const {
    const size_t letter = rest().starts_with("</") ? 2 : 1;
    return here() == '<' && rest().size() > letter && is_ascii_letter(rest()[letter]);
  }

  // "-->" may share its dashes with "<!--".
  void skip_comment() {
    const size_t end = bytes_.find("-->", at_ + 2);
    at_ = end == std::string_view::npos ? bytes_.size() : end + 2;
  }

  void skip_tag() {
    while (!at_end() && !is_ascii_space(here()) && here() != '>') ++at_;
    while (read_attribute()) {
    }
  }

  Encoding read_meta() {
    std::vector<std::string> seen;
    bool got_pragma = false;
    std::optional<bool> need_pragma;
    std::optional<Encoding> charset;  // outer: was one named; inner: is it a known one
    while (auto attribute = read_attribute()) {
      if (std::find(seen.begin(), seen.end(), attribute->name) != seen.end()) continue;
      if (attribute->name == "http-equiv") {
        got_pragma = attribute->value == "content-type";
      } else if (attribute->name == "content" && !charset) {
        if (const Encoding found = encoding_in_meta_content(attribute->value)) {
          charset = found;
          need_pragma = true;
        }
      } else if (attribute->name == "charset") {
        charset = encoding_for_label(attribute->value);
        need_pragma = false;
      }
      seen.push_back(std::move(attribute->name));
    }
    if (at_end() || !need_pragma || (*need_pragma && !got_pragma) || !charset) return std::nullopt;
    if (*charset == "x-user-defined") return "windows-1252";
    return as_declared_in_ascii(*charset);
  }

  void skip_spaces() {
    while (!at_end() && is_ascii_space(here())) ++at_;
  }

  // §13.2.3.2 "get an attribute". nullopt: none is left (or the bytes have run out).
  std::optional<Attribute> read_attribute() {
    while (!at_end() && (is_ascii_space(here()) || here() == '/')) ++at_;
    if (at_end() || here() == '>') return std::nullopt;
    Attribute attribute;
    while (!at_end() && !is_ascii_space(here()) && here() != '/' && here() != '>' &&
           (here() != '=' || attribute.name.empty())) {
      attribute.name.push_back(ascii_lower(bytes_[at_++]));
    }
    skip_spaces();
    if (at_end()) return std::nullopt;
    if (here() != '=') return attribute;
    ++at_;
    skip_spaces();
    if (at_end() || !read_value(attribute.value)) return std::nullopt;
    return attribute;
  }

  bool read_value(std::string& value) {
    const char quote = here();
    const bool quoted = quote == '"' || quote == '\'';
    if (quoted) ++at_;
    while (!at_end()) {
      if (quoted ? here() == quote : is_ascii_space(here()) || here() == '>') {
        if (quoted) ++at_;
        return true;
      }
      value.push_back(ascii_lower(bytes_[at_++]));
    }
    return false;
  }

  std::string_view bytes_;
  size_t at_ = 0;
};

// §13.2.3.3 "get an XML encoding".
Encoding xml_encoding(std::string_view bytes) {
  if (!bytes.starts_with("<?xml")) return std::nullopt;
  const size_t end = bytes.find('>');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view rest = bytes.substr(0, end);
  const auto skip_spaces = [&rest] {
    while (!rest.empty() && static_cast<unsigned char>(rest.front()) <= 0x20) rest.remove_prefix(1);
  };
  const size_t keyword = rest.find("encoding");
  if (keyword == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(keyword + std::string_view("encoding").size());
  skip_spaces();
  if (!rest.starts_with('=')) return std::nullopt;
  rest.remove_prefix(1);
  skip_spaces();
  if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return std::nullopt;
  const size_t closing = rest.find(rest[0], 1);
  if (closing == std::string_view::npos) return std::nullopt;
  const std::string_view label = rest.substr(1, closing - 1);
  for (char c : label) {
    if (static_cast<unsigned char>(c) <= 0x20) return std::nullopt;
  }
  return as_declared_in_ascii(encoding_for_label(label));
}

// "<?x" in UTF-16 without a BOM.
Encoding wide_encoding(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("<\0?\0x\0"sv)) return "UTF-16LE";
  if (bytes.starts_with("\0<\0?\0x"sv)) return "UTF-16BE";
  return std::nullopt;
}

}  // namespace

Encoding encoding_in_meta_content(std::string_view content) {
  size_t at = 0;
  while (true) {
    at = find_ignoring_case(content, "charset", at);
    if (at == std::string_view::npos) return std::nullopt;
    at += std::string_view("charset").size();
    size_t next = at;
    while (next < content.size() && is_ascii_space(content[next])) ++next;
    if (next >= content.size()) return std::nullopt;
    if (content[next] != '=') continue;
    std::string_view value = content.substr(next + 1);
    while (!value.empty() && is_ascii_space(value.front())) value.remove_prefix(1);
    if (value.empty()) return std::nullopt;
    if (value[0] == '"' || value[0] == '\'') {
      const size_t closing = value.find(value[0], 1);
      if (closing == std::string_view::npos) return std::nullopt;
      return encoding_for_label(value.substr(1, closing - 1));
    }
    const size_t end = value.find_first_of("\t\n\f\r ;");
    return encoding_for_label(value.substr(0, end));
  }
}

Encoding declared_xml_encoding(std::string_view bytes) {
  bytes = bytes.substr(0, kPrescanBytes);
  if (const Encoding encoding = wide_encoding(bytes)) return encoding;
  return xml_encoding(bytes);
}

Encoding prescan_encoding(std::string_view bytes, size_t bytes_max) {
  bytes = bytes.substr(0, bytes_max);
  if (const Encoding encoding = wide_encoding(bytes)) return encoding;
  if (const Encoding encoding = Prescan(bytes).run()) return encoding;
  return xml_encoding(bytes);
}

}  // namespace crawl
