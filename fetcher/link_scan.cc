// SPDX-License-Identifier: MIT
#include "fetcher/link_scan.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fetcher/ascii.h"
#include "fetcher/code_point.h"
#include "fetcher/css_links.h"

namespace crawl {
namespace {

constexpr size_t kNone = std::string_view::npos;
constexpr size_t kAttributesMax = 64;  // per tag; the parser's trouble may be that there are more
constexpr size_t kNameBytesMax = 32;
constexpr size_t kReferenceBytesMax = 12;  // "&#x0010FFFF;"

struct NamedReference {
  std::string_view name;
  std::string_view text;
};
constexpr NamedReference kReferences[] = {
    {"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"apos", "'"}, {"nbsp", "\xC2\xA0"},
};

// `digits` follows "&#". False when it is no number.
bool append_numeric(std::string_view digits, std::string& out) {
  const bool is_hex = starts_ignoring_case(digits, "x");
  if (is_hex) digits.remove_prefix(1);
  if (digits.empty()) return false;
  uint32_t value = 0;  // at most ten digits and clamped below: cannot overflow
  for (const char c : digits) {
    const char lower = ascii_lower(c);
    uint32_t digit = 0;
    if (is_ascii_digit(c)) {
      digit = static_cast<uint32_t>(c - '0');
    } else if (is_hex && lower >= 'a' && lower <= 'f') {
      digit = static_cast<uint32_t>(lower - 'a' + 10);
    } else {
      return false;
    }
    value = std::min(value * (is_hex ? 16 : 10) + digit, 0x110000U);
  }
  append_code_point(out, value);
  return true;
}

// `reference` lies between "&" and ";".
bool append_reference(std::string_view reference, std::string& out) {
  if (reference.starts_with('#')) return append_numeric(reference.substr(1), out);
  for (const NamedReference& named : kReferences) {
    if (reference == named.name) {
      out += named.text;
      return true;
    }
  }
  return false;
}

struct ScannedAttribute {
  std::string_view name;
  std::string_view value;
};

class ScannedAttributes final : public Attributes {
 public:
  explicit ScannedAttributes(StringPool& pool) : pool_(pool) {}
  void clear() { attributes_.clear(); }
  void add(ScannedAttribute attribute) {
    if (attributes_.size() < kAttributesMax) attributes_.push_back(attribute);
  }

  std::optional<std::string_view> find(const char* name) const override {
    for (const ScannedAttribute& attribute : attributes_) {
      if (!equals_ignoring_case(attribute.name, name)) continue;
      if (attribute.value.find('&') == kNone) return attribute.value;
      std::string decoded;
      append_decoded(attribute.value, decoded);
      return pool_.add(decoded);
    }
    return std::nullopt;
  }

 private:
  StringPool& pool_;
  std::vector<ScannedAttribute> attributes_;
};

class Scan {
 public:
  Scan(std::string_view html, const PageSink& sink, StringPool& pool)
      : html_(html),
        sink_(sink),
        facts_(sink.links, sink.result, metadata_, sink.robots_agent),
        attributes_(pool) {}

  void run() {
    while (at_ < html_.size()) {
      const size_t tag = std::min(html_.find('<', at_), html_.size());
      add_text(html_.substr(at_, tag - at_), false);
      at_ = tag;
      if (at_ < html_.size()) read_markup();
    }
    end_anchor();
    metadata_.finish("", sink_.result, sink_.links);
    sink_.result.main_text = {};
  }

 private:
  char peek(size_t ahead) const { return at_ + ahead < html_.size() ? html_[at_ + ahead] : '\0'; }
  // Moves behind the next `what`; to the end when there is none.
  void skip_past(std::string_view what, size_t from) {
    const size_t found = html_.find(what, from);
    at_ = found == kNone ? html_.size() : found + what.size();
  }

  // at_ is on '<'.
  void read_markup() {
    if (html_.substr(at_).starts_with("<!--")) return skip_past("-->", at_ + 2);
    if (peek(1) == '!' || peek(1) == '?') return skip_past(">", at_);
    if (peek(1) == '/' && is_ascii_letter(peek(2))) return read_end_tag();
    if (is_ascii_letter(peek(1))) return read_start_tag();
    add_text("<", false);
    ++at_;
  }

  std::string read_name() {
    std::string name;
    for (; at_ < html_.size(); ++at_) {
      const char c = html_[at_];
      if (is_ascii_space(c) || c == '/' || c == '>') break;
      if (name.size() < kNameBytesMax) name.push_back(ascii_lower(c));
    }
    return name;
  }

  void read_end_tag() {
    at_ += 2;
    const std::string name = read_name();
    skip_past(">", at_);
    if (name == "template" && template_depth_ > 0) --template_depth_;
    if (name == "a") end_anchor();
    separate(tag_traits(name));
  }

  void read_start_tag() {
    at_ += 1;
    const std::string name = read_name();
    if (!read_attributes()) return;  // the document ended inside the tag: there is no such tag
    const TagTraits traits = tag_traits(name);
    separate(traits);
    if (name == "template") ++template_depth_;
    if (template_depth_ == 0) {
      if (traits.element == Element::kA) end_anchor();
      const size_t link = facts_.add(traits.element, attributes_);
      if (const auto style = attributes_.find("style")) add_css_links(*style, sink_.links);
      if (traits.element == Element::kA && link != LinkCollector::kNone) begin_anchor(link);
      if (traits.element == Element::kBr) sink_.text.separate(TextWriter::Break::kLine);
    }
    if (traits.is_raw) read_raw(name, traits);
  }

  // HTML Standard §13.2.5.32 and on. False at the end of the document.
  bool read_attributes() {
    attributes_.clear();
    while (at_ < html_.size()) {
      const char c = html_[at_];
      if (c == '>') {
        ++at_;
        return true;
      }
      if (is_ascii_space(c) || c == '/') {
        ++at_;
        continue;
      }
      ScannedAttribute attribute;
      const size_t start = at_++;  // a leading '=' is part of the name
      while (at_ < html_.size() && !is_ascii_space(html_[at_]) && html_[at_] != '/' &&
             html_[at_] != '>' && html_[at_] != '=') {
        ++at_;
      }
      attribute.name = html_.substr(start, at_ - start);
      skip_spaces();
      if (peek(0) == '=') {
        ++at_;
        skip_spaces();
        attribute.value = read_value();
      }
      attributes_.add(attribute);
    }
    return false;
  }

  void skip_spaces() {
    while (at_ < html_.size() && is_ascii_space(html_[at_])) ++at_;
  }

  std::string_view read_value() {
    const char quote = peek(0);
    if (quote == '"' || quote == '\'') {
      const size_t start = at_ + 1;
      const size_t end = std::min(html_.find(quote, start), html_.size());
      at_ = std::min(end + 1, html_.size());
      return html_.substr(std::min(start, html_.size()), end - std::min(start, end));
    }
    const size_t start = at_;
    while (at_ < html_.size() && !is_ascii_space(html_[at_]) && html_[at_] != '>') ++at_;
    return html_.substr(start, at_ - start);
  }

  // The content of an element in which only its own end tag counts.
  void read_raw(const std::string& name, const TagTraits& traits) {
    size_t end = at_;
    if (name == "plaintext") {
      end = html_.size();
    } else {
      const std::string end_tag = "</" + name;
      while (true) {
        end = std::min(find_ignoring_case(html_, end_tag, end), html_.size());
        const size_t after = end + end_tag.size();
        if (after >= html_.size() || is_ascii_space(html_[after]) || html_[after] == '/' ||
            html_[after] == '>') {
          break;
        }
        end = after;
      }
    }
    const std::string_view content = html_.substr(at_, end - at_);
    at_ = end;
    if (template_depth_ == 0) facts_.add_content(traits.element, attributes_, content);
    if (name == "title" && !has_title_ && template_depth_ == 0) {
      has_title_ = true;
      std::string decoded;
      append_decoded(content.substr(0, 4 * kTitleBytesMax), decoded);
      sink_.result.title = sink_.links.keep_collapsed(decoded, kTitleBytesMax);
    } else if (!traits.is_silent) {
      add_text(content, true);
    }
  }

  void add_text(std::string_view text, bool verbatim) {
    if (text.empty() || template_depth_ > 0) return;
    if (text.find('&') != kNone) {
      decoded_.clear();
      append_decoded(text, decoded_);
      text = decoded_;
    }
    if (verbatim) {
      sink_.text.add_verbatim(text);
    } else {
      sink_.text.add(text);
    }
    if (anchor_link_ != kNone && anchor_.size() < kAnchorBytesMax) {
      anchor_.add(utf8_prefix(text, 4 * kAnchorBytesMax));
    }
  }

  void separate(const TagTraits& traits) {
    if (traits.is_block) sink_.text.separate(TextWriter::Break::kLine);
    if (traits.is_cell) sink_.text.separate(TextWriter::Break::kTab);
    if (traits.is_block || traits.is_cell) anchor_.separate(TextWriter::Break::kSpace);
  }

  void begin_anchor(size_t link) {
    anchor_link_ = link;
    anchor_.clear();
  }
  void end_anchor() {
    if (anchor_link_ != kNone) sink_.links.set_anchor(anchor_link_, anchor_.text());
    anchor_link_ = kNone;
  }

  std::string_view html_;
  const PageSink& sink_;
  PageMetadata metadata_;
  ElementFacts facts_;
  ScannedAttributes attributes_;
  size_t at_ = 0;
  size_t template_depth_ = 0;
  size_t anchor_link_ = kNone;
  TextWriter anchor_;
  std::string decoded_;
  bool has_title_ = false;
};

}  // namespace

void append_decoded(std::string_view text, std::string& out) {
  while (true) {
    const size_t ampersand = text.find('&');
    out += text.substr(0, ampersand);
    if (ampersand == kNone) return;
    text.remove_prefix(ampersand + 1);
    const size_t semicolon = text.substr(0, kReferenceBytesMax).find(';');
    if (semicolon != kNone && append_reference(text.substr(0, semicolon), out)) {
      text.remove_prefix(semicolon + 1);
    } else {
      out.push_back('&');
    }
  }
}

void scan_html(std::string_view html, const PageSink& sink, StringPool& pool) {
  sink.links.report_as_scanned();
  Scan(html, sink, pool).run();
}

}  // namespace crawl
