// SPDX-License-Identifier: MIT
#pragma once

// The JSON-LD of a page, as written
// (https://www.w3.org/TR/json-ld11/#embedding-json-ld-in-html-documents): contexts are not
// expanded.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

class JsonLd {
 public:
  void clear();

  // The content of one <script type="application/ld+json">. HTML comments and CDATA marks around it
  // do no harm, nor do raw line ends inside strings. Dropped when it is no JSON, nests deeper than
  // kDepthMax, or is one too much.
  void add(std::string_view script);

  // All blocks as elements of a JSON array, without its brackets.
  const std::string& elements() const { return elements_; }

  // What the outermost object says that says it at all: of names of several authors all, with
  // commas.
  std::string_view author() const { return facts_.author; }
  std::string_view published() const { return facts_.published.text; }
  std::string_view modified() const { return facts_.modified.text; }

  static constexpr size_t kDepthMax = 60;

 private:
  friend class JsonLdWriter;
  static constexpr uint32_t kNowhere = UINT32_MAX;

  struct Fact {
    uint32_t depth = kNowhere;  // of objects around it
    std::string text;
  };
  struct Facts {
    std::string author;
    uint32_t author_depth = kNowhere;
    uint32_t author_object = 0;  // whose author it is
    Fact published;
    Fact modified;
  };

  std::string elements_;
  std::string cleaned_;
  Facts facts_;
  size_t blocks_ = 0;
  uint32_t objects_ = 0;
};

}  // namespace crawl
