// SPDX-License-Identifier: MIT
#pragma once

// The attributes of an element of gumbo's tree.

#include <gumbo.h>

#include <optional>
#include <string_view>

#include "fetcher/element_facts.h"
#include "fetcher/html_tags.h"
#include "fetcher/microdata.h"

namespace crawl {

// Looked up one by one, where few elements have them.
class TreeAttributes final : public Attributes {
 public:
  explicit TreeAttributes(const GumboElement& element) : attributes_(element.attributes) {}
  std::optional<std::string_view> find(const char* name) const override;

 private:
  const GumboVector& attributes_;
};

// Those that any element may have, taken in one pass. Null where absent.
struct CommonAttributes {
  explicit CommonAttributes(const GumboVector& attributes);

  // Neither shown itself nor with what is in it, by hidden, style, or as a closed dialog.
  bool is_hidden(Element element) const;

  const char* style = nullptr;
  const char* hidden = nullptr;
  const char* role = nullptr;
  const char* class_names = nullptr;
  bool is_open = false;  // a dialog
  ItemAttributes item;

 private:
  const char** place_of(std::string_view name);
  const char** item_place(std::string_view name);
};

}  // namespace crawl
