// SPDX-License-Identifier: MIT
#include "fetcher/tree_attributes.h"

#include <cstring>

#include "fetcher/ascii.h"
#include "fetcher/attribute_values.h"

namespace crawl {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// gumbo turns control characters into U+FFFD, so that the URL parser could not strip them from the
// ends. `written` is the value in the source, with its quotes.
std::string_view without_control_ends(std::string_view value, std::string_view written) {
  if (written.starts_with('"') || written.starts_with('\'')) {
    written.remove_prefix(1);
    written.remove_suffix(written.empty() ? 0 : 1);
  }
  // How many bytes of the value stand for one that is stripped; 0: it stands for none.
  const auto stripped = [](char c, bool is_replaced, char in_value) -> size_t {
    if (static_cast<unsigned char>(c) > 0x20) return 0;
    if (is_replaced) return kReplacement.size();
    return static_cast<unsigned char>(in_value) <= 0x20 ? 1 : 0;
  };
  while (!value.empty() && !written.empty()) {
    const size_t size = stripped(written.front(), value.starts_with(kReplacement), value.front());
    if (size == 0) break;
    value.remove_prefix(size);
    written.remove_prefix(1);
  }
  while (!value.empty() && !written.empty()) {
    const size_t size = stripped(written.back(), value.ends_with(kReplacement), value.back());
    if (size == 0) break;
    value.remove_suffix(size);
    written.remove_suffix(1);
  }
  return value;
}

}  // namespace

std::optional<std::string_view> TreeAttributes::find(const char* name) const {
  for (unsigned i = 0; i < attributes_.length; ++i) {
    const auto* attribute = static_cast<const GumboAttribute*>(attributes_.data[i]);
    if (std::strcmp(attribute->name, name) != 0) continue;
    const std::string_view value = attribute->value;
    if (value.find(kReplacement) == std::string_view::npos) return value;
    const GumboStringPiece& written = attribute->original_value;
    return without_control_ends(value, {written.data, written.length});
  }
  return std::nullopt;
}

CommonAttributes::CommonAttributes(const GumboVector& attributes) {
  for (unsigned i = 0; i < attributes.length; ++i) {
    const auto* attribute = static_cast<const GumboAttribute*>(attributes.data[i]);
    if (const char** place = place_of(attribute->name)) *place = attribute->value;
  }
}

// HTML Standard §6.1: what is hidden until found is there to be found.
bool CommonAttributes::is_hidden(Element element) const {
  if (hidden != nullptr && !equals_ignoring_case(hidden, "until-found")) return true;
  if (element == Element::kDialog && !is_open) return true;
  return style != nullptr && style_hides(style);
}

const char** CommonAttributes::place_of(std::string_view name) {
  if (name.empty()) return nullptr;
  switch (name[0]) {
    case 'c':
      return name == "class" ? &class_names : name == "content" ? &item.content : nullptr;
    case 'd':
      return name == "data" ? &item.data : name == "datetime" ? &item.datetime : nullptr;
    case 'h':
      return name == "href" ? &item.href : name == "hidden" ? &hidden : nullptr;
    case 'i':
      return name == "id" ? &item.id : name.starts_with("item") ? item_place(name) : nullptr;
    case 'o':
      is_open |= name == "open";
      return nullptr;
    case 'r':
      return name == "role" ? &role : nullptr;
    case 's':
      return name == "style" ? &style : name == "src" ? &item.src : nullptr;
    case 'v':
      return name == "value" ? &item.value : nullptr;
    default:
      return nullptr;
  }
}

const char** CommonAttributes::item_place(std::string_view name) {
  if (name == "itemprop") return &item.itemprop;
  if (name == "itemscope") return &item.itemscope;
  if (name == "itemtype") return &item.itemtype;
  if (name == "itemid") return &item.itemid;
  return name == "itemref" ? &item.itemref : nullptr;
}

}  // namespace crawl
