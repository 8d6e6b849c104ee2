// SPDX-License-Identifier: MIT
#include "fetcher/link_header.h"

#include <algorithm>
#include <optional>

#include "fetcher/ascii.h"
#include "fetcher/link_rel.h"
#include "web/media_type.h"

namespace crawl {
namespace {

constexpr bool is_http_space(char c) { return c == ' ' || c == '\t'; }

// RFC 8187 §3.2: "UTF-8'en'%e2%82%ac". nullopt for other charsets, broken escapes and
// NUL, which has no place in text.
std::optional<std::string> decode_extended(std::string_view value) {
  const size_t first = value.find('\'');
  if (first == std::string_view::npos || !equals_ignoring_case(value.substr(0, first), "utf-8")) {
    return std::nullopt;
  }
  const size_t second = value.find('\'', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  std::string decoded;
  for (size_t i = second + 1; i < value.size(); ++i) {
    if (value[i] != '%') {
      decoded.push_back(value[i]);
      continue;
    }
    if (i + 2 >= value.size()) return std::nullopt;
    const int high = hex_value(value[i + 1]);
    const int low = hex_value(value[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

struct Parameter {
  std::string name;  // lower case
  std::string value;
};

// A link-value as it is being read; what counts is the first parameter of each name.
struct Draft {
  HeaderLink link;
  bool has_rel = false;
  bool has_title = false;
  bool has_extended_title = false;
  bool has_hreflang = false;
  bool has_type = false;
  bool is_elsewhere = false;  // its context is not the page

  void take(Parameter parameter) {
    const auto first = [&parameter](bool& seen, std::string& value) {
      if (!seen) value = std::move(parameter.value);
      seen = true;
    };
    if (parameter.name == "rel") {
      first(has_rel, link.rel);
    } else if (parameter.name == "title" && !has_extended_title) {
      first(has_title, link.title);
    } else if (parameter.name == "title*" && !has_extended_title) {
      if (auto title = decode_extended(parameter.value)) {
        link.title = std::move(*title);
        has_extended_title = true;
      }
    } else if (parameter.name == "hreflang") {
      first(has_hreflang, link.hreflang);
    } else if (parameter.name == "type") {
      first(has_type, link.type);
    } else if (parameter.name == "anchor") {
      is_elsewhere = is_elsewhere || !parameter.value.empty();
    }
  }
};

class Reader {
 public:
  explicit Reader(std::string_view value) : rest_(value) {}

  // Appendix B.2. What is not a link is skipped up to the next comma.
  std::optional<Draft> next() {
    while (true) {
      skip_while([](char c) { return is_http_space(c) || c == ','; });
      if (rest_.empty()) return std::nullopt;
      if (rest_.front() != '<') {
        skip_while([](char c) { return c != ','; });
        continue;
      }
      const size_t end = rest_.find('>');
      if (end == std::string_view::npos) return std::nullopt;
      Draft draft;
      draft.link.target = rest_.substr(1, end - 1);
      rest_.remove_prefix(end + 1);
      while (auto parameter = next_parameter()) draft.take(std::move(*parameter));
      return draft;
    }
  }

 private:
  template <typename Predicate>
  void skip_while(Predicate predicate) {
    const auto stop = std::find_if_not(rest_.begin(), rest_.end(), predicate);
    rest_.remove_prefix(static_cast<size_t>(stop - rest_.begin()));
  }
  void skip_spaces() { skip_while(is_http_space); }

  // Appendix B.3; nullopt: the link ends here.
  std::optional<Parameter> next_parameter() {
    skip_while([](char c) { return is_http_space(c) || c == ';'; });
    if (rest_.empty() || rest_.front() == ',') return std::nullopt;
    Parameter parameter;
    const size_t end = std::min(rest_.find_first_of("=;, \t"), rest_.size());
    for (const char c : rest_.substr(0, end)) parameter.name.push_back(ascii_lower(c));
    rest_.remove_prefix(end);
    skip_spaces();
    if (!rest_.starts_with('=')) return parameter;
    rest_.remove_prefix(1);
    skip_spaces();
    if (rest_.starts_with('"')) {
      parameter.value = quoted_string();
    } else {
      const size_t stop = std::min(rest_.find_first_of(";,"), rest_.size());
      parameter.value = trim_ascii_space(rest_.substr(0, stop));
      rest_.remove_prefix(stop);
    }
    return parameter;
  }

  // Appendix B.4; without its closing quote it goes to the end.
  std::string quoted_string() {
    std::string text;
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') break;
      if (c == '\\') {
        if (rest_.empty()) break;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      text.push_back(c);
    }
    return text;
  }

  std::string_view rest_;
};

// What is served as that type is not read as a page.
bool is_resource_type(std::string_view type) {
  const std::string essence = parse_media_type(type).essence;
  if (essence.empty()) return false;
  const ContentClass content = content_class(essence);
  return content == ContentClass::kUnsupported || content == ContentClass::kCss;
}

// Services that only headers name.
bool names_service(std::string_view rel) {
  constexpr std::string_view kRels[] = {"acl", "edit",    "edit-media",
                                        "hub", "service", "service-desc"};
  return std::any_of(std::begin(kRels), std::end(kRels),
                     [rel](std::string_view name) { return has_rel(rel, name); });
}

LinkKind kind_of(const HeaderLink& link) {
  if (has_rel(link.rel, "sitemap")) return LinkKind::kSitemapFile;
  const bool is_resource = names_resource(link.rel, essence_of(link.type)) ||
                           names_service(link.rel) || is_resource_type(link.type);
  return is_resource ? LinkKind::kResource : LinkKind::kHeader;
}

}  // namespace

void for_each_link_header(std::string_view value,
                          const std::function<void(const HeaderLink&)>& visit) {
  Reader reader(value);
  while (const std::optional<Draft> draft = reader.next()) {
    if (draft->is_elsewhere || trim_ascii_space(draft->link.rel).empty()) continue;
    visit(draft->link);
  }
}

HeaderLinks add_header_links(std::string_view value, LinkCollector& links) {
  HeaderLinks found;
  for_each_link_header(value, [&](const HeaderLink& link) {
    const LinkKind kind = kind_of(link);
    if (kind != LinkKind::kHeader && trim_ascii_space(link.target).empty()) return;
    const size_t index = links.add(kind, link.target, link.rel);
    if (index == LinkCollector::kNone) return;
    const std::string_view title = links.keep_collapsed(link.title, kAnchorBytesMax);
    links.set_anchor(index, title);
    const std::string_view href = links.resolve_http(link.target);
    if (href.empty() || kind != LinkKind::kHeader) return;
    if (found.canonical.empty() && has_rel(link.rel, "canonical")) found.canonical = href;
    if (!has_rel(link.rel, "alternate")) return;
    const std::string_view type = links.keep_collapsed(link.type, kShortBytesMax);
    const std::string_view hreflang = links.keep_collapsed(link.hreflang, kShortBytesMax);
    if (hreflang.empty() && !is_feed_type(essence_of(type))) return;
    found.alternates.push_back({hreflang, href, type, title});
  });
  return found;
}

}  // namespace crawl
