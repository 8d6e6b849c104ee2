// SPDX-License-Identifier: MIT
#pragma once

// Microdata (HTML Standard §5): items and their properties, gathered while a tree is walked, and
// their JSON form (§5.4). Bounded in items, properties, bytes and nesting; itemref is followed.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fetcher/html_tags.h"
#include "fetcher/link_collector.h"
#include "fetcher/page_metadata.h"
#include "fetcher/text_writer.h"

namespace crawl {

// The attributes of one element that matter here; null where absent.
struct ItemAttributes {
  const char* itemscope = nullptr;
  const char* itemprop = nullptr;
  const char* itemtype = nullptr;
  const char* itemid = nullptr;
  const char* itemref = nullptr;
  const char* id = nullptr;
  // What may hold the value of a property (§5.2.4).
  const char* content = nullptr;
  const char* href = nullptr;
  const char* src = nullptr;
  const char* data = nullptr;
  const char* value = nullptr;
  const char* datetime = nullptr;
};

class Microdata {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // Attribute values must last until json() has been called, which is while `links` has the page.
  void begin(LinkCollector& links);
  bool is_empty() const { return items_.empty(); }

  // What an element with item attributes opened. `item`: that its children stand in.
  struct Scope {
    uint32_t item = kNone;
    uint32_t range = kNone;  // of an element that an itemref may name
    bool captures = false;   // its text is a value
  };
  // `owner`: the item that the element stands in, or kNone.
  Scope open(Element element, const ItemAttributes& attributes, uint32_t owner);
  // Once for each open(), in reverse order.
  void close(const Scope& scope);

  // Text of the elements that are open: shown or not (textContent), white space collapsed.
  void add_text(std::string_view text) {
    if (!captures_.empty()) capture(text);
  }
  void separate(TextWriter::Break by) {
    if (!captures_.empty()) text_.separate(by);
  }

  // Top-level items as a JSON array; "" when there are none, or more than `bytes_max`.
  std::string json(size_t bytes_max);
  // Author and dates of the items, outermost first.
  void claim(PageMetadata& metadata) const;

 private:
  struct Item {
    std::string_view types;
    std::string_view id;
    std::string_view refs;
    uint32_t first = kNone;  // of its properties
    uint32_t last = kNone;
    bool is_top_level = false;
  };
  struct Property {
    std::string_view names;
    std::string_view value;  // unless it is an item
    uint32_t item = kNone;
    uint32_t owner = kNone;
    uint32_t order = 0;
    uint32_t next = kNone;  // of the same owner
  };
  struct Capture {
    uint32_t property;
    size_t start;  // in text_
  };
  // The elements of a subtree with an id: those with order in [from, to). Of them, an itemref means
  // the properties that no nested item owns: those whose owner is the one around the element.
  struct Range {
    uint32_t from = 0;
    uint32_t to = 0;
    uint32_t owner = kNone;
  };
  class Writer;

  void capture(std::string_view text);
  void add_value(Element element, const ItemAttributes& attributes, Property& property,
                 Scope& scope);
  std::string_view resolve(const char* url);
  // All properties of an item, in tree order, with those by reference.
  void properties_of(const Item& item, std::vector<uint32_t>& out);
  void add_referenced(const Item& item, std::vector<uint32_t>& out);
  const Property* find(std::string_view name, std::string_view other_name) const;

  LinkCollector* links_ = nullptr;
  std::vector<Item> items_;
  std::vector<Property> properties_;  // by order
  std::vector<Range> ranges_;
  std::unordered_map<std::string_view, uint32_t> range_by_id_;
  std::vector<Capture> captures_;
  TextWriter text_;
  size_t kept_bytes_ = 0;
  size_t referenced_ = 0;  // work done for itemref
  uint32_t order_ = 0;
};

}  // namespace crawl
