// SPDX-License-Identifier: MIT
#pragma once

// Which elements of RSS, Atom and their modules say what.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fetcher/xml_element.h"

namespace crawl {

enum class FeedField : uint8_t {
  kNone,
  kTitle,
  kSummary,
  kContent,
  kLink,
  kGuid,
  kPublished,
  kModified,
  kAuthor,
  kLanguage,
};

// RSS's or Atom's own, as opposed to a module's.
bool is_feed_element(const XmlElement& element);

FeedField feed_field(const XmlElement& element);
size_t feed_field_bytes_max(FeedField field);  // of its text, tags included

// RFC 5005 and the relations that lead to pages, in lower case; "" for those that do not (self,
// edit, hub …).
std::string_view feed_page_relation(std::string_view rel);

}  // namespace crawl
