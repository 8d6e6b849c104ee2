// SPDX-License-Identifier: MIT
#include "fetcher/microdata.h"

#include <algorithm>

#include "base/limits.h"
#include "fetcher/ascii.h"
#include "fetcher/json_text.h"

namespace crawl {
namespace {

constexpr size_t kItemsMax = 2'000;
constexpr size_t kPropertiesMax = 8'000;
constexpr size_t kIdsMax = 4'000;
constexpr size_t kValueBytesMax = size_t{4} * 1024;
constexpr size_t kNameBytesMax = 256;
constexpr size_t kNamesMax = 16;  // of one property, types of one item, references of one item
constexpr size_t kNamesBytesMax = kNamesMax * (kNameBytesMax + 1);
constexpr size_t kReferencedMax = 50'000;
// An item nests three levels of JSON: object, properties, list.
constexpr size_t kNestingMax = 20;

std::string_view view(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// A list of names, which may be read many times: items refer to each other.
std::string_view names_of(const char* text) {
  return utf8_prefix(trim_ascii_space(view(text)), kNamesBytesMax);
}

bool has_name(std::string_view names, std::string_view name) {
  for (std::string_view token = next_token(names); !token.empty(); token = next_token(names)) {
    if (token == name) return true;
  }
  return false;
}

template <typename Visit>
void for_each_name(std::string_view names, const Visit& visit) {
  size_t count = 0;
  for (std::string_view token = next_token(names); !token.empty() && count < kNamesMax;
       token = next_token(names), ++count) {
    visit(utf8_prefix(token, kNameBytesMax));
  }
}

}  // namespace

void Microdata::begin(LinkCollector& links) {
  links_ = &links;
  items_.clear();
  properties_.clear();
  ranges_.clear();
  range_by_id_.clear();
  captures_.clear();
  text_.clear();
  kept_bytes_ = 0;
  referenced_ = 0;
  order_ = 0;
}

Microdata::Scope Microdata::open(Element element, const ItemAttributes& attributes,
                                 uint32_t owner) {
  Scope scope;
  scope.item = owner;
  if (attributes.id != nullptr && ranges_.size() < kIdsMax) {
    scope.range = static_cast<uint32_t>(ranges_.size());
    ranges_.push_back({order_, order_, owner});
    range_by_id_.try_emplace(attributes.id, scope.range);
  }
  const uint32_t order = order_++;
  uint32_t item = kNone;
  if (attributes.itemscope != nullptr && items_.size() < kItemsMax) {
    item = static_cast<uint32_t>(items_.size());
    Item& added = items_.emplace_back();
    added.types = names_of(attributes.itemtype);
    // §5.2.2: an identifier needs a type.
    if (attributes.itemtype != nullptr) added.id = trim_ascii_space(view(attributes.itemid));
    added.refs = names_of(attributes.itemref);
    added.is_top_level = attributes.itemprop == nullptr;
    scope.item = item;
  }
  const std::string_view names = names_of(attributes.itemprop);
  if (names.empty() || properties_.size() >= kPropertiesMax) return scope;  // §5.2.3: no name
  const auto index = static_cast<uint32_t>(properties_.size());
  Property& property = properties_.emplace_back();
  property.names = names;
  property.owner = owner;
  property.order = order;
  if (item != kNone) {
    property.item = item;
  } else {
    add_value(element, attributes, property, scope);
  }
  if (owner != kNone) {
    Item& of = items_[owner];
    (of.last == kNone ? of.first : properties_[of.last].next) = index;
    of.last = index;
  }
  return scope;
}

// §5.2.4
void Microdata::add_value(Element element, const ItemAttributes& attributes, Property& property,
                          Scope& scope) {
  switch (element) {
    case Element::kMeta:
      property.value = view(attributes.content);
      break;
    case Element::kAudio:
    case Element::kEmbed:
    case Element::kIframe:
    case Element::kImg:
    case Element::kSource:
    case Element::kTrack:
    case Element::kVideo:
      property.value = resolve(attributes.src);
      break;
    case Element::kA:
    case Element::kArea:
    case Element::kLink:
      property.value = resolve(attributes.href);
      break;
    case Element::kObject:
      property.value = resolve(attributes.data);
      break;
    case Element::kData:
    case Element::kMeter:
      property.value = view(attributes.value);
      break;
    case Element::kTime:
      if (attributes.datetime != nullptr) {
        property.value = attributes.datetime;
        break;
      }
      [[fallthrough]];
    default:
      if (captures_.empty()) text_.clear();
      captures_.push_back({static_cast<uint32_t>(properties_.size() - 1), text_.size()});
      scope.captures = true;
  }
}

std::string_view Microdata::resolve(const char* url) {
  if (url == nullptr) return {};
  const std::string_view resolved = links_->resolve_http(url);
  return resolved.empty() ? trim_ascii_space(url) : resolved;
}

void Microdata::close(const Scope& scope) {
  if (scope.range != kNone) ranges_[scope.range].to = order_;
  if (!scope.captures) return;
  const Capture capture = captures_.back();
  captures_.pop_back();
  if (kept_bytes_ > kMetadataBytesMax) return;
  Property& property = properties_[capture.property];
  property.value = links_->keep(text_.text(capture.start), kValueBytesMax);
  kept_bytes_ += property.value.size();
}

// Values are cut short. Those of outer elements began earlier.
void Microdata::capture(std::string_view text) {
  if (text_.size() - captures_.back().start > kValueBytesMax) return;
  text_.add(utf8_prefix(text, 4 * kValueBytesMax));
}

void Microdata::properties_of(const Item& item, std::vector<uint32_t>& out) {
  for (uint32_t index = item.first; index != kNone; index = properties_[index].next) {
    out.push_back(index);
  }
  if (!item.refs.empty()) add_referenced(item, out);
}

// §5.2.5, where the elements of a subtree are known by their order.
void Microdata::add_referenced(const Item& item, std::vector<uint32_t>& out) {
  for_each_name(item.refs, [&](std::string_view id) {
    const auto found = range_by_id_.find(id);
    if (found == range_by_id_.end()) return;
    const Range& range = ranges_[found->second];
    auto at = std::lower_bound(
        properties_.begin(), properties_.end(), range.from,
        [](const Property& property, uint32_t order) { return property.order < order; });
    for (; at != properties_.end() && at->order < range.to; ++at) {
      if (++referenced_ > kReferencedMax) return;
      if (at->owner == range.owner) out.push_back(static_cast<uint32_t>(at - properties_.begin()));
    }
  });
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

// Recurses at most kNestingMax deep.
class Microdata::Writer {
 public:
  Writer(Microdata& microdata, size_t bytes_max) : microdata_(microdata), bytes_max_(bytes_max) {}

  void add(uint32_t index) {
    const Item& item = microdata_.items_[index];
    path_.push_back(index);
    out_.push_back('{');
    if (!item.types.empty()) {
      std::string types;
      for_each_name(item.types, [&types](std::string_view type) {
        if (!types.empty()) types.push_back(',');
        append_json_string(types, type);
      });
      out_ += "\"type\":[" + types + "],";
    }
    if (!item.id.empty()) {
      out_ += "\"id\":";
      append_json_string(out_, utf8_prefix(item.id, kValueBytesMax));
      out_.push_back(',');
    }
    out_ += "\"properties\":{";
    add_properties(item);
    out_ += "}}";
    path_.pop_back();
  }

  bool is_full() const { return out_.size() > bytes_max_; }
  std::string& out() { return out_; }

 private:
  // Values of the same name together, names in the order of their first values.
  void add_properties(const Item& item) {
    std::vector<uint32_t> properties;
    microdata_.properties_of(item, properties);
    std::vector<std::pair<std::string_view, std::vector<uint32_t>>> by_name;
    std::unordered_map<std::string_view, size_t> places;
    for (const uint32_t property : properties) {
      for_each_name(microdata_.properties_[property].names, [&](std::string_view name) {
        const auto [place, is_new] = places.try_emplace(name, by_name.size());
        if (is_new) by_name.push_back({name, {}});
        by_name[place->second].second.push_back(property);
      });
    }
    bool is_first = true;
    for (const auto& [name, values] : by_name) {
      if (is_full()) return;
      if (!is_first) out_.push_back(',');
      is_first = false;
      append_json_string(out_, name);
      out_ += ":[";
      add_values(values);
      out_.push_back(']');
    }
  }

  void add_values(const std::vector<uint32_t>& values) {
    for (size_t i = 0; i < values.size() && !is_full(); ++i) {
      if (i > 0) out_.push_back(',');
      const Property& property = microdata_.properties_[values[i]];
      if (property.item == kNone) {
        append_json_string(out_, utf8_prefix(property.value, kValueBytesMax));
      } else if (path_.size() >= kNestingMax ||
                 std::find(path_.begin(), path_.end(), property.item) != path_.end()) {
        out_ += "\"ERROR\"";  // §5.4: an item that contains itself
      } else {
        add(property.item);
      }
    }
  }

  Microdata& microdata_;
  const size_t bytes_max_;
  std::string out_;
  std::vector<uint32_t> path_;
};

std::string Microdata::json(size_t bytes_max) {
  Writer writer(*this, bytes_max);
  writer.out().push_back('[');
  for (uint32_t i = 0; i < items_.size() && !writer.is_full(); ++i) {
    if (!items_[i].is_top_level) continue;
    if (writer.out().size() > 1) writer.out().push_back(',');
    writer.add(i);
  }
  writer.out().push_back(']');
  if (writer.is_full() || writer.out().size() == 2) return {};
  return std::move(writer.out());
}

// Of a top-level item rather than of a nested one, which may be a comment or a review.
const Microdata::Property* Microdata::find(std::string_view name,
                                           std::string_view other_name) const {
  const Property* nested = nullptr;
  for (const Property& property : properties_) {
    if (property.owner == kNone) continue;
    if (!has_name(property.names, name) && !has_name(property.names, other_name)) continue;
    if (items_[property.owner].is_top_level) return &property;
    if (nested == nullptr) nested = &property;
  }
  return nested;
}

void Microdata::claim(PageMetadata& metadata) const {
  if (const Property* found = find("datePublished", "datePublished")) {
    metadata.claim_published(Evidence::kMicrodata, found->value);
  }
  if (const Property* found = find("dateModified", "dateModified")) {
    metadata.claim_modified(Evidence::kMicrodata, found->value);
  }
  const Property* author = find("author", "creator");
  if (author == nullptr) return;
  if (author->item == kNone) return metadata.claim_author(Evidence::kMicrodata, author->value);
  for (uint32_t at = items_[author->item].first; at != kNone; at = properties_[at].next) {
    if (!has_name(properties_[at].names, "name")) continue;
    return metadata.claim_author(Evidence::kMicrodata, properties_[at].value);
  }
}

}  // namespace crawl
