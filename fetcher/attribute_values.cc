// SPDX-License-Identifier: MIT
#include "fetcher/attribute_values.h"

#include <algorithm>

#include "fetcher/ascii.h"

namespace crawl {
namespace {

void skip_spaces(std::string_view& rest) {
  while (!rest.empty() && is_ascii_space(rest.front())) rest.remove_prefix(1);
}

// Takes the descriptors up to the comma that ends them; commas inside parentheses do not.
void skip_descriptors(std::string_view& rest) {
  bool in_parentheses = false;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '(') in_parentheses = true;
    if (c == ')') in_parentheses = false;
    if (c == ',' && !in_parentheses) return;
  }
}

// The keyword "url" and "=" may be left out together: "0; page.html".
std::string_view without_url_keyword(std::string_view value) {
  if (!starts_ignoring_case(value, "url")) return value;
  std::string_view rest = value.substr(3);
  skip_spaces(rest);
  if (!rest.starts_with('=')) return value;
  rest.remove_prefix(1);
  skip_spaces(rest);
  return rest;
}

}  // namespace

void for_each_srcset_url(std::string_view srcset,
                         const std::function<void(std::string_view)>& visit) {
  while (true) {
    while (!srcset.empty() && (is_ascii_space(srcset.front()) || srcset.front() == ',')) {
      srcset.remove_prefix(1);
    }
    if (srcset.empty()) return;
    size_t end = 0;
    while (end < srcset.size() && !is_ascii_space(srcset[end])) ++end;
    std::string_view url = srcset.substr(0, end);
    srcset.remove_prefix(end);
    const bool ends_candidate = url.ends_with(',');
    while (url.ends_with(',')) url.remove_suffix(1);
    visit(url);
    if (!ends_candidate) skip_descriptors(srcset);
  }
}

std::optional<std::string_view> refresh_url(std::string_view content) {
  skip_spaces(content);
  const size_t before = content.size();
  while (!content.empty() && (is_ascii_digit(content.front()) || content.front() == '.')) {
    content.remove_prefix(1);
  }
  if (content.size() == before || content.empty()) return std::nullopt;
  if (content.front() != ';' && content.front() != ',' && !is_ascii_space(content.front())) {
    return std::nullopt;
  }
  skip_spaces(content);
  if (content.starts_with(';') || content.starts_with(',')) content.remove_prefix(1);
  skip_spaces(content);
  if (content.empty()) return std::nullopt;
  content = without_url_keyword(content);
  if (content.starts_with('"') || content.starts_with('\'')) {
    const char quote = content.front();
    content.remove_prefix(1);
    content = content.substr(0, content.find(quote));
  }
  return content;
}

bool style_hides(std::string_view style) {
  bool is_gone = false;
  bool is_invisible = false;
  while (!style.empty()) {
    const size_t end = std::min(style.find(';'), style.size());
    const std::string_view declaration = style.substr(0, end);
    style.remove_prefix(std::min(end + 1, style.size()));
    const size_t colon = declaration.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view property = trim_ascii_space(declaration.substr(0, colon));
    const std::string_view all = declaration.substr(colon + 1);
    const std::string_view value = trim_ascii_space(all.substr(0, all.find('!')));
    if (equals_ignoring_case(property, "display")) is_gone = equals_ignoring_case(value, "none");
    if (equals_ignoring_case(property, "visibility")) {
      is_invisible =
          equals_ignoring_case(value, "hidden") || equals_ignoring_case(value, "collapse");
    }
  }
  return is_gone || is_invisible;
}

std::string_view content_language(std::string_view content) {
  if (content.find(',') != std::string_view::npos) return {};
  return next_token(content);
}

}  // namespace crawl
