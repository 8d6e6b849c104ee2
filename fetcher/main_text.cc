// SPDX-License-Identifier: MIT
#include "fetcher/main_text.h"

#include <algorithm>
#include <cstring>

#include "fetcher/ascii.h"

namespace crawl {
namespace {

// Lengths are in characters, shares of links in percent. A line of prose has about 80 characters.
constexpr uint32_t kLong = 100;
constexpr uint32_t kShort = 45;
constexpr uint32_t kArticleEnough = 200;  // an <article> with less may be a teaser
constexpr uint32_t kContentEnough = 140;  // less than two lines are no main content
constexpr uint32_t kLinksOfShort = 20;
constexpr uint32_t kLinksOfProse = 33;
constexpr uint32_t kLinksOfList = 50;
constexpr size_t kBlocksMax = 200'000;
constexpr size_t kNamesBytesMax = 256;
constexpr size_t kIslandBlocksMax = 2;
constexpr size_t kLeadBlocksMax = 6;  // between a heading and the content below it
constexpr size_t kListBlocksMin = 4;
constexpr size_t kBytesKept = 1u << 20;

// Words of class names and ids that set a part aside, in whatever language the page is written.
// Those that end in '*' are beginnings.
constexpr std::string_view kNamesAround[] = {
    "ad",          "ads",       "advert*",   "banner",
    "breadcrumb*", "colophon",  "consent",   "cookie*",
    "copyright",   "docnav",    "footer*",   "gdpr",
    "masthead",    "menu*",     "nav",       "navbar*",
    "navfooter",   "navi*",     "navheader", "newsletter",
    "pagination",  "pager",     "promo*",    "related",
    "share",       "sharing",   "sidebar*",  "sidenav",
    "skip",        "skiplink*", "social*",   "sphinxsidebar*",
    "sponsor*",    "subnav*",   "toc",       "toolbar",
    "topnav",      "widget*",
};

// ARIA roles that are no content (WAI-ARIA 1.2 §5.3.4 landmarks, and menus).
constexpr std::string_view kRolesAround[] = {
    "alertdialog", "banner",     "complementary", "contentinfo", "dialog",  "menu",
    "menubar",     "navigation", "search",        "tablist",     "toolbar", "tree",
};

MainText::Area area_of_word(std::string_view word) {
  for (std::string_view name : kNamesAround) {
    if (ascii_lower(word[0]) != name[0]) continue;
    const bool is_match = name.ends_with('*')
                              ? starts_ignoring_case(word, name.substr(0, name.size() - 1))
                              : equals_ignoring_case(word, name);
    if (!is_match) continue;
    const bool is_box = name.starts_with("sidebar");
    return is_box ? MainText::kNamedAround | MainText::kBoxed : MainText::kNamedAround;
  }
  return 0;
}

// Names are made of words: "site-footer", "main_nav".
MainText::Area area_named(const char* names) {
  MainText::Area area = 0;
  if (names == nullptr) return area;
  const std::string_view rest = utf8_prefix(names, kNamesBytesMax);
  size_t start = 0;
  for (size_t at = 0; at <= rest.size(); ++at) {
    const bool ends_word =
        at == rest.size() || is_ascii_space(rest[at]) || rest[at] == '-' || rest[at] == '_';
    if (!ends_word) continue;
    if (at > start) area |= area_of_word(rest.substr(start, at - start));
    start = at + 1;
  }
  return area;
}

bool is_role_around(std::string_view role) {
  return std::any_of(std::begin(kRolesAround), std::end(kRolesAround),
                     [role](std::string_view name) { return equals_ignoring_case(role, name); });
}

// Characters; those of three and four bytes from U+3000 on count double.
uint32_t weight_of(std::string_view text) {
  uint32_t weight = 0;
  size_t at = 0;
  while (at < text.size()) {
    uint64_t word = 0;
    if (at + sizeof word <= text.size()) {  // most text is ASCII
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & 0x8080808080808080u) == 0) {
        weight += sizeof word;
        at += sizeof word;
        continue;
      }
    }
    const size_t end = std::min(at + sizeof word, text.size());
    for (; at < end; ++at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      weight += static_cast<uint32_t>((byte & 0xC0) != 0x80) + static_cast<uint32_t>(byte >= 0xE3);
    }
  }
  return weight;
}

}  // namespace

MainText::Area MainText::area_of(const TagTraits& traits, const char* role, const char* class_names,
                                 const char* id, Area around) {
  Area area = around;
  if (traits.heading_level > 0) area |= kHeading;
  const bool inside = (around & (kInMain | kInArticle)) != 0;
  switch (traits.landmark) {
    case Landmark::kMain:
      area |= kInMain;
      break;
    case Landmark::kArticle:
      area |= kInArticle;
      break;
    case Landmark::kAround:
      area |= kAround;
      break;
    case Landmark::kHeadOrFoot:
      // The header of an article has its title; of the page it is a banner (HTML AAM §3.5).
      if (!inside) area |= kAround;
      break;
    case Landmark::kNone:
      break;
  }
  if (role != nullptr) {
    const std::string_view word = trim_ascii_space(role);
    if (equals_ignoring_case(word, "main")) area |= kInMain;
    if (equals_ignoring_case(word, "article")) area |= kInArticle;
    if (is_role_around(word)) area |= kAround;
  }
  if (traits.element == Element::kHtml || traits.element == Element::kBackground) return area;
  if (traits.landmark == Landmark::kNone && traits.heading_level == 0) {
    area |= area_named(class_names);
    area |= area_named(id);
  }
  return area;
}

void MainText::begin() {
  if (blocks_.capacity() * sizeof(Block) > kBytesKept) blocks_ = std::vector<Block>();
  if (collected_.capacity() > kBytesKept) std::string().swap(collected_);
  blocks_.clear();
  start_ = link_start_ = link_bytes_ = 0;
  open_links_ = mains_ = articles_ = 0;
}

void MainText::end_block(size_t size, Area area) {
  if (open_links_ > 0) {
    link_bytes_ += size - std::max(link_start_, start_);
    link_start_ = size;
  }
  if (blocks_.size() < kBlocksMax && size <= UINT32_MAX) {
    Block& block = blocks_.emplace_back();
    block.start = static_cast<uint32_t>(start_);
    block.end = static_cast<uint32_t>(size);
    block.link_bytes = static_cast<uint32_t>(link_bytes_);
    block.area = area;
  }
  start_ = size;
  link_bytes_ = 0;
}

void MainText::link_ends(size_t size) {
  if (open_links_ == 0 || --open_links_ > 0) return;
  link_bytes_ += size - std::max(link_start_, start_);
}

std::string_view MainText::choose(std::string_view text) {
  if (blocks_.size() < 2 || blocks_.size() >= kBlocksMax) return {};
  weigh(text);
  if (mains_ == 1 && choose_region(kInMain, 1)) return collect(text);  // whoever wrote it knows
  if (articles_ != 1 || !choose_region(kInArticle, kArticleEnough)) choose_by_text();
  if (weight_in() < kContentEnough) return {};
  return collect(text);
}

void MainText::weigh(std::string_view text) {
  for (Block& block : blocks_) {
    block.weight = weight_of(trim_ascii_space(text.substr(block.start, block.end - block.start)));
  }
}

bool MainText::choose_region(Area region, uint64_t enough) {
  uint64_t inside = 0;
  uint64_t unnamed = 0;
  for (const Block& block : blocks_) {
    if ((block.area & region) == 0 || (block.area & kAround) != 0) continue;
    inside += block.weight;
    if ((block.area & kNamedAround) == 0) unnamed += block.weight;
  }
  if (inside < enough) return false;
  const Area set_aside = 2 * unnamed >= inside ? kAround | kNamedAround : kAround;
  for (Block& block : blocks_) {
    const bool is_in = (block.area & region) != 0 && (block.area & set_aside) == 0;
    block.verdict = is_in ? Verdict::kIn : Verdict::kOut;
  }
  return true;
}

void MainText::choose_by_text() {
  classify(kAround);
  const uint64_t by_text = weight_in();
  for (Block& block : blocks_) block.is_in_by_text = block.verdict == Verdict::kIn;
  classify(kAround | kNamedAround);
  const uint64_t by_names = weight_in();
  // Class names may mislead: where they leave next to nothing, they do not count.
  if (by_names < kContentEnough || 4 * by_names < by_text) {
    for (Block& block : blocks_) {
      block.verdict = block.is_in_by_text ? Verdict::kIn : Verdict::kOut;
    }
  } else {
    readmit_boxes();
  }
}

void MainText::classify(Area set_aside) {
  bool has_long = false;
  for (Block& block : blocks_) {
    const size_t bytes = std::max<size_t>(block.end - block.start, 1);
    const size_t links = 100 * block.link_bytes / bytes;
    if ((block.area & set_aside) != 0 || links > kLinksOfList) {
      block.verdict = Verdict::kOut;
    } else if (block.weight < kShort || (block.area & kHeading) != 0) {
      block.verdict = links > kLinksOfShort ? Verdict::kOut : Verdict::kShort;
    } else if (links > kLinksOfProse) {
      block.verdict = Verdict::kShort;
    } else if (block.weight < kLong) {
      block.verdict = Verdict::kNear;
    } else {
      block.verdict = Verdict::kIn;
      has_long = true;
    }
  }
  if (!has_long) {
    for (Block& block : blocks_) {
      if (block.verdict == Verdict::kNear) block.verdict = Verdict::kIn;
    }
  }
  settle();
  readmit_islands();
}

// Short and near blocks follow the settled ones around them.
void MainText::settle() {
  size_t from = 0;
  bool after_content = false;
  while (from < blocks_.size()) {
    size_t to = from;
    while (to < blocks_.size() &&
           (blocks_[to].verdict == Verdict::kShort || blocks_[to].verdict == Verdict::kNear)) {
      ++to;
    }
    const bool before_content = to < blocks_.size() && blocks_[to].verdict == Verdict::kIn;
    settle_run(from, to, after_content, before_content);
    after_content = before_content;
    from = to + 1;
  }
}

size_t MainText::end_of_near(size_t from, size_t to) const {
  while (to > from && blocks_[to - 1].verdict != Verdict::kNear) --to;
  return to;
}

// A list of short items that ends the content; a line or two are rather a notice.
size_t MainText::end_of_list(size_t from, size_t to) const {
  size_t end = from;
  while (end < to && blocks_[end].link_bytes == 0) ++end;
  while (end > from && (blocks_[end - 1].area & kHeading) != 0) --end;
  return end - from >= kListBlocksMin ? end : from;
}

void MainText::settle_run(size_t from, size_t to, bool after_content, bool before_content) {
  // Of blocks [from, to), which begin and end are content?
  size_t head = from;
  size_t tail = to;
  if (after_content && before_content) {
    head = to;
  } else if (after_content) {
    head = std::max(end_of_near(from, to), end_of_list(from, to));
  } else if (before_content) {
    for (size_t i = to; i-- > from;) {
      const bool is_lead = (blocks_[i].area & kHeading) != 0 && to - i <= kLeadBlocksMax;
      if (is_lead || blocks_[i].verdict == Verdict::kNear) tail = i;
    }
  }
  for (size_t i = from; i < to; ++i) {
    blocks_[i].verdict = i < head || i >= tail ? Verdict::kIn : Verdict::kOut;
  }
}

// A paragraph that is one link, inside the content, belongs to it.
void MainText::readmit_islands() {
  size_t out = 0;  // how many in a row, since the last content
  bool after_content = false;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    if (blocks_[i].verdict != Verdict::kIn) {
      ++out;
      if ((blocks_[i].area & (kAround | kNamedAround)) != 0) after_content = false;
      continue;
    }
    if (after_content && out <= kIslandBlocksMax) {
      for (size_t back = i - out; back < i; ++back) blocks_[back].verdict = Verdict::kIn;
    }
    out = 0;
    after_content = true;
  }
}

// A sidebar with content before and behind it is no column of the page.
void MainText::readmit_boxes() {
  const auto is_in = [](const Block& block) { return block.verdict == Verdict::kIn; };
  const auto first = std::find_if(blocks_.begin(), blocks_.end(), is_in);
  const auto last = std::find_if(blocks_.rbegin(), blocks_.rend(), is_in).base();
  for (auto block = first; block < last; ++block) {
    if ((block->area & kBoxed) != 0 && block->is_in_by_text) block->verdict = Verdict::kIn;
  }
}

uint64_t MainText::weight_in() const {
  uint64_t sum = 0;
  for (const Block& block : blocks_) {
    if (block.verdict == Verdict::kIn) sum += block.weight;
  }
  return sum;
}

std::string_view MainText::collect(std::string_view text) {
  const auto is_in = [](const Block& block) { return block.verdict == Verdict::kIn; };
  const auto has_text = [](const Block& block) { return block.weight > 0; };
  if (std::all_of(blocks_.begin(), blocks_.end(),
                  [&](const Block& block) { return is_in(block) || !has_text(block); })) {
    return {};
  }
  collected_.clear();
  size_t start = 0;
  size_t end = 0;  // of what is to be copied next: neighbours are copied together
  std::string_view only;
  const auto flush = [&] {
    const std::string_view part = trim_ascii_space(text.substr(start, end - start));
    if (part.empty()) return;
    if (!only.empty() && collected_.empty()) collected_ = only;
    if (!only.empty()) {
      collected_.push_back('\n');
      collected_ += part;
    }
    only = part;
  };
  for (const Block& block : blocks_) {
    if (!is_in(block)) continue;
    if (block.start != end) {
      flush();
      start = block.start;
    }
    end = block.end;
  }
  flush();
  return collected_.empty() ? only : std::string_view(collected_);
}

}  // namespace crawl
