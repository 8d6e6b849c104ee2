// SPDX-License-Identifier: MIT
#pragma once

// What extraction needs to know of each element, by name: gumbo's enumeration differs between
// versions and lacks newer elements.

#include <gumbo.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace crawl {

// Elements that mean something beyond their text.
enum class Element : uint8_t {
  kOther,
  kA,
  kArea,
  kAudio,
  kBackground,  // body and the parts of a table, whose background attribute names an image
  kBase,
  kBr,
  kButton,
  kData,
  kDialog,
  kEmbed,
  kFeImage,
  kForm,
  kFrame,
  kHtml,
  kIframe,
  kImg,
  kInput,
  kLink,
  kMeta,
  kMeter,
  kObject,
  kScript,
  kSource,
  kStyle,
  kTime,
  kTitle,
  kTrack,
  kUse,
  kVideo,
};

// What a part of the page is for, as its element says (HTML Standard §4.3).
enum class Landmark : uint8_t {
  kNone,
  kMain,
  kArticle,
  kAround,      // nav, aside … : not what the page is about
  kHeadOrFoot,  // header, footer: of the page, or of an article
};

struct TagTraits {
  Element element = Element::kOther;
  bool is_block = false;      // begins and ends a line
  bool is_cell = false;       // separated from the cell before it
  bool is_silent = false;     // its text is never shown (HTML Standard §15.3.1), or is markup
  bool is_raw = false;        // the tokenizer sees no tags in it, up to its end tag
  bool keeps_space = false;   // preformatted
  uint8_t heading_level = 0;  // of h1 to h6
  Landmark landmark = Landmark::kNone;
};

// `name` in lower case.
TagTraits tag_traits(std::string_view name);

// The same for the elements of a tree, looked up by number.
class TagTable {
 public:
  TagTable();
  const TagTraits& of(const GumboElement& element);

 private:
  std::array<TagTraits, GUMBO_TAG_LAST + 1> by_tag_;
  TagTraits unknown_;
};

}  // namespace crawl
