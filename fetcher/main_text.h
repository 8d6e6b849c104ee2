// SPDX-License-Identifier: MIT
#pragma once

// Which part of a page's visible text is what the page is about, apart from navigation, headers,
// footers, side columns, lists of links and notices. Blocks of text are noted while the tree is
// walked, as offsets into the text that is being written; afterwards they are chosen from:
// - where the page has one <main>, or else one outermost <article>, with text enough: of that, what
//   no element or class name inside sets aside;
// - else by length and share of links of each block and of its neighbours. Long blocks with few
//   links are content, lists of links are not, and short blocks follow their neighbours.
// Lengths count characters, wide ones (CJK) double, so that it works for any script. Linear.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/html_tags.h"

namespace crawl {

class MainText {
 public:
  // Where a block stands: bits, inherited by what is inside.
  using Area = uint8_t;
  static constexpr Area kInMain = 1;
  static constexpr Area kInArticle = 2;
  static constexpr Area kAround = 4;       // by its element or role: navigation, footer …
  static constexpr Area kNamedAround = 8;  // by its class or id only: "sidebar", "cookie-notice"
  static constexpr Area kHeading = 16;
  static constexpr Area kBoxed =
      32;  // by the name "sidebar": a column of the page, or a box of a book

  // The area inside of an element that stands in `around`. Null attributes are absent ones.
  static Area area_of(const TagTraits& traits, const char* role, const char* class_names,
                      const char* id, Area around);

  void begin();
  // An element of a block opens in `area`, standing in `around`.
  void open(Area area, Area around) {
    const Area entered = static_cast<Area>(area & ~around);
    if ((entered & kInMain) != 0) ++mains_;
    if ((entered & kInArticle) != 0) ++articles_;
  }
  // The text is `size` bytes long where a block begins or ends; what was written since the last
  // boundary stands in `area`.
  void boundary(size_t size, Area area) {
    if (size > start_) end_block(size, area);
  }
  // A cell ends a block only when that is long: rows of data stay together, columns of a layout do
  // not.
  void cell(size_t size, Area area) {
    if (size > start_ + kCellBytes) end_block(size, area);
  }
  void link_begins(size_t size) {
    if (open_links_++ == 0) link_start_ = size;
  }
  void link_ends(size_t size);

  // `text` is what was written. The view points into it or into this object, until the next
  // begin(). "" where the main content is all of it, or nothing can be told apart.
  std::string_view choose(std::string_view text);

 private:
  static constexpr size_t kCellBytes = 80;
  enum class Verdict : uint8_t { kOut, kShort, kNear, kIn };

  struct Block {
    uint32_t start = 0;
    uint32_t end = 0;
    uint32_t link_bytes = 0;
    uint32_t weight = 0;  // its characters
    Area area = 0;
    Verdict verdict = Verdict::kOut;
    bool is_in_by_text = false;  // whatever its names are
  };

  void end_block(size_t size, Area area);
  void weigh(std::string_view text);
  bool choose_region(Area region, uint64_t enough);
  void choose_by_text();
  void classify(Area set_aside);
  void readmit_boxes();
  void settle();
  size_t end_of_near(size_t from, size_t to) const;
  size_t end_of_list(size_t from, size_t to) const;
  void settle_run(size_t from, size_t to, bool after_content, bool before_content);
  void readmit_islands();
  uint64_t weight_in() const;
  std::string_view collect(std::string_view text);

  std::vector<Block> blocks_;
  size_t start_ = 0;  // of the block that is being written
  size_t link_start_ = 0;
  size_t link_bytes_ = 0;  // of that block
  uint32_t open_links_ = 0;
  uint32_t mains_ = 0;
  uint32_t articles_ = 0;
  std::string collected_;
};

}  // namespace crawl
