// SPDX-License-Identifier: MIT
#include "fetcher/html_extract.h"

#include <cstring>

#include "base/escape.h"
#include "fetcher/ascii.h"
#include "fetcher/link_rel.h"
#include "fetcher/css_links.h"

namespace crawl {
namespace {

constexpr size_t kFramesKept = 4096;
constexpr size_t kMainOfBytesMax = size_t{8} << 20;  // of a longer text nothing is set apart

// `tag` begins with "<".
bool mentions(std::string_view source, std::string_view tag) {
  for (size_t at = source.find('<'); at != std::string_view::npos; at = source.find('<', at + 1)) {
    if (starts_ignoring_case(source.substr(at), tag)) return true;
  }
  return false;
}

bool is_foreign(const GumboElement& element) {
  return element.tag_namespace != GUMBO_NAMESPACE_HTML;
}

std::string_view text_of(const GumboNode& node) {
  const bool is_text = node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE ||
                       node.type == GUMBO_NODE_CDATA;
  return is_text ? std::string_view(node.v.text.text) : std::string_view();
}

}  // namespace

bool is_deeper_than(const GumboOutput& output, size_t levels) {
  size_t depth = 0;
  const GumboNode* node = output.document;
  while (node != nullptr) {
    const GumboVector* children = nullptr;
    if (node->type == GUMBO_NODE_DOCUMENT) children = &node->v.document.children;
    if (node->type == GUMBO_NODE_ELEMENT || node->type == GUMBO_NODE_TEMPLATE) {
      children = &node->v.element.children;
    }
    if (children != nullptr && children->length > 0) {
      if (++depth > levels) return true;
      node = static_cast<const GumboNode*>(children->data[0]);
      continue;
    }
    // The next one beside it, or beside what it stands in.
    while (node->parent != nullptr) {
      const GumboNode& parent = *node->parent;
      const GumboVector& beside = parent.type == GUMBO_NODE_DOCUMENT ? parent.v.document.children
                                                                     : parent.v.element.children;
      const size_t next = node->index_within_parent + 1;
      if (next < beside.length) {
        node = static_cast<const GumboNode*>(beside.data[next]);
        break;
      }
      node = &parent;
      --depth;
    }
    if (node->parent == nullptr) return false;
  }
  return false;
}

void HtmlExtractor::extract(const GumboOutput& output, std::string_view source,
                            const PageSink& sink) {
  begin(source, sink);
  ElementFacts facts(sink.links, sink.result, metadata_, sink.robots_agent);
  // The base holds for links before it, too.
  if (mentions(source, "<base")) find_base(output, facts);
  stack_.clear();
  if (stack_.capacity() > kFramesKept) stack_.shrink_to_fit();
  Frame document;
  document.children = &output.document->v.document.children;
  stack_.push_back(document);
  while (!stack_.empty()) {
    Frame& top = stack_.back();
    if (top.next < top.children->length) {
      visit(*static_cast<const GumboNode*>(top.children->data[top.next++]), facts);
    } else {
      leave(top);
      stack_.pop_back();
    }
  }
  finish();
}

void HtmlExtractor::begin(std::string_view source, const PageSink& sink) {
  sink_ = &sink;
  has_title_ = false;
  has_item_references_ = source.find("itemref") != std::string_view::npos;
  anchor_starts_.clear();
  anchor_.clear();
  heading_starts_.clear();
  scopes_.clear();
  main_.begin();
  metadata_.clear();
  for (const PageMetadata::LinkedDocument& document : sink.alternates) {
    if (is_feed_type(essence_of(document.type))) {
      metadata_.add_feed(document);
    } else {
      metadata_.add_alternate(document);
    }
  }
  microdata_.begin(sink.links);
}

void HtmlExtractor::finish() {
  std::string microdata;
  if (!microdata_.is_empty()) {
    microdata_.claim(metadata_);
    microdata = microdata_.json(kMetadataBytesMax);
  }
  metadata_.finish(microdata, sink_->result, sink_->links);
  const std::string_view written = sink_->text.written();
  std::string_view main = written.size() > kMainOfBytesMax ? "" : main_.choose(written);
  if (!is_valid_utf8(main)) {
    repaired_main_ = to_valid_utf8(main);
    main = repaired_main_;
  }
  sink_->result.main_text = utf8_prefix(main, kBodyBytesCeiling);
}

void HtmlExtractor::find_base(const GumboOutput& output, ElementFacts& facts) {
  stack_.clear();
  Frame document;
  document.children = &output.document->v.document.children;
  stack_.push_back(document);
  while (!stack_.empty()) {
    Frame& top = stack_.back();
    if (top.next >= top.children->length) {
      stack_.pop_back();
      continue;
    }
    const auto* node = static_cast<const GumboNode*>(top.children->data[top.next++]);
    if (node->type != GUMBO_NODE_ELEMENT) continue;
    const GumboElement& element = node->v.element;
    const TreeAttributes attributes(element);
    if (!is_foreign(element) && tags_.of(element).element == Element::kBase &&
        attributes.find("href")) {
      facts.add(Element::kBase, attributes);
      return;
    }
    Frame frame;
    frame.children = &element.children;
    stack_.push_back(frame);
  }
}

void HtmlExtractor::visit(const GumboNode& node, ElementFacts& facts) {
  switch (node.type) {
    case GUMBO_NODE_ELEMENT:
      open(node.v.element, facts);
      break;
    case GUMBO_NODE_TEXT:
    case GUMBO_NODE_CDATA:
      if (!stack_.back().is_silent) add_text(node.v.text.text);
      break;
    case GUMBO_NODE_WHITESPACE:
      if (!stack_.back().is_silent) add_space(node.v.text.text);
      break;
    case GUMBO_NODE_TEMPLATE:  // inert: neither shown nor followed
    case GUMBO_NODE_COMMENT:
    case GUMBO_NODE_DOCUMENT:
      break;
  }
}

void HtmlExtractor::open(const GumboElement& element, ElementFacts& facts) {
  const Frame& parent = stack_.back();
  const TagTraits traits = tags_.of(element);
  const CommonAttributes common(element.attributes);
  Frame frame;
  frame.children = &element.children;
  frame.item = parent.item;
  frame.area = parent.area;
  frame.is_silent = parent.is_silent;
  frame.is_hidden = parent.is_hidden || common.is_hidden(traits.element);
  frame.keeps_space = parent.keeps_space;
  const bool may_be_referred_to = has_item_references_ && common.item.id != nullptr;
  if (common.item.itemprop != nullptr || common.item.itemscope != nullptr || may_be_referred_to) {
    scopes_.push_back(microdata_.open(traits.element, common.item, parent.item));
    frame.has_scope = true;
    frame.item = scopes_.back().item;
  }
  if (is_foreign(element)) {
    open_foreign(element, traits, facts, frame);
  } else {
    open_html(element, traits, common, facts, frame);
  }
  // Without a parenthesis there is no url().
  if (common.style != nullptr && std::strchr(common.style, '(') != nullptr) {
    add_css_links(common.style, sink_->links);
  }
  enter(frame);
}

void HtmlExtractor::open_html(const GumboElement& element, const TagTraits& traits,
                              const CommonAttributes& common, ElementFacts& facts, Frame& frame) {
  const TreeAttributes attributes(element);
  frame.is_silent |= traits.is_silent;
  frame.keeps_space |= traits.keeps_space;
  frame.is_anchor = traits.element == Element::kA && common.item.href != nullptr;
  if (!frame.is_silent && !frame.is_hidden) open_shown(traits, common, frame);
  switch (traits.element) {
    case Element::kOther:
      break;
    case Element::kBr:
      add_line_break();
      break;
    case Element::kTitle:
      add_title(element);
      break;
    case Element::kImg:
      facts.add(traits.element, attributes);
      add_alternative(attributes.find("alt").value_or(""));
      break;
    case Element::kStyle:
    case Element::kScript:
      facts.add(traits.element, attributes);
      add_content(element, traits.element, facts);
      break;
    default:
      frame.link = facts.add(traits.element, attributes);
  }
}

void HtmlExtractor::open_shown(const TagTraits& traits, const CommonAttributes& common,
                               Frame& frame) {
  const MainText::Area around = stack_.back().area;
  const size_t size = sink_->text.size();
  if (traits.is_cell) main_.cell(size, around);
  if (traits.is_block) {
    frame.around = TextWriter::Break::kLine;
    main_.boundary(size, around);
    frame.area = MainText::area_of(traits, common.role, common.class_names, common.item.id, around);
    main_.open(frame.area, around);
  }
  if (traits.heading_level > 0) {
    frame.heading_level = traits.heading_level;
    heading_starts_.push_back(size);
  }
  separate(traits.is_cell ? TextWriter::Break::kTab : frame.around);
}

// SVG and MathML: only what add_svg() knows, style sheets and text matter.
void HtmlExtractor::open_foreign(const GumboElement& element, const TagTraits& traits,
                                 ElementFacts& facts, Frame& frame) {
  if (element.tag_namespace == GUMBO_NAMESPACE_SVG) {
    frame.link = facts.add_svg(traits.element, TreeAttributes(element));
    frame.around = TextWriter::Break::kSpace;
    separate(frame.around);
    if (traits.element == Element::kStyle) add_content(element, traits.element, facts);
  }
  frame.is_silent |= traits.is_silent && traits.element != Element::kVideo;
}

void HtmlExtractor::add_content(const GumboElement& element, Element kind, ElementFacts& facts) {
  const GumboVector& children = element.children;
  std::string_view content;
  if (children.length == 1) content = text_of(*static_cast<const GumboNode*>(children.data[0]));
  if (children.length > 1) {
    content_.clear();
    for (unsigned i = 0; i < children.length; ++i) {
      content_ += text_of(*static_cast<const GumboNode*>(children.data[i]));
    }
    content = content_;
  }
  if (!content.empty()) facts.add_content(kind, TreeAttributes(element), content);
}

void HtmlExtractor::enter(const Frame& frame) {
  stack_.push_back(frame);
  if (frame.is_anchor) main_.link_begins(sink_->text.size());
  if (frame.link == LinkCollector::kNone) return;
  if (anchor_starts_.empty()) anchor_.clear();
  anchor_starts_.push_back(anchor_.size());
}

void HtmlExtractor::leave(const Frame& frame) {
  const size_t size = sink_->text.size();
  if (frame.is_anchor) main_.link_ends(size);
  if (frame.around == TextWriter::Break::kLine) main_.boundary(size, frame.area);
  if (frame.heading_level > 0) {
    metadata_.add_heading(frame.heading_level,
                          sink_->text.written().substr(heading_starts_.back()));
    heading_starts_.pop_back();
  }
  if (frame.has_scope) {
    microdata_.close(scopes_.back());
    scopes_.pop_back();
  }
  separate(frame.around);
  if (frame.link == LinkCollector::kNone) return;
  sink_->links.set_anchor(frame.link, anchor_.text(anchor_starts_.back()));
  anchor_starts_.pop_back();
}

void HtmlExtractor::add_text(std::string_view text) {
  const Frame& frame = stack_.back();
  if (!frame.is_hidden) {
    if (frame.keeps_space) {
      sink_->text.add_verbatim(text);
    } else {
      sink_->text.add(text);
    }
  }
  microdata_.add_text(text);
  // Anchors are cut short: nobody needs the rest of a long text. Outer links began earlier.
  if (!anchor_starts_.empty() && anchor_.size() - anchor_starts_.back() <= kAnchorBytesMax) {
    anchor_.add(utf8_prefix(text, 4 * kAnchorBytesMax));
  }
}

void HtmlExtractor::add_space(std::string_view text) {
  const Frame& frame = stack_.back();
  microdata_.separate(TextWriter::Break::kSpace);
  if (frame.keeps_space && !frame.is_hidden) {
    sink_->text.add_verbatim(text);
    anchor_.separate(TextWriter::Break::kSpace);
  } else {
    separate(TextWriter::Break::kSpace);
  }
}

void HtmlExtractor::add_line_break() {
  const Frame& frame = stack_.back();
  if (frame.is_silent) return;
  if (frame.keeps_space && !frame.is_hidden) {
    sink_->text.add_verbatim("\n");
    anchor_.separate(TextWriter::Break::kSpace);
  } else {
    separate(TextWriter::Break::kLine);
  }
}

void HtmlExtractor::add_alternative(std::string_view text) {
  if (anchor_starts_.empty()) return;
  anchor_.separate(TextWriter::Break::kSpace);
  anchor_.add(utf8_prefix(text, 4 * kAnchorBytesMax));
  anchor_.separate(TextWriter::Break::kSpace);
}

void HtmlExtractor::add_title(const GumboElement& element) {
  if (has_title_) return;
  has_title_ = true;
  std::string title;
  for (unsigned i = 0; i < element.children.length; ++i) {
    title += text_of(*static_cast<const GumboNode*>(element.children.data[i]));
  }
  sink_->result.title = sink_->links.keep_collapsed(title, kTitleBytesMax);
}

void HtmlExtractor::separate(TextWriter::Break by) {
  if (by == TextWriter::Break::kNone) return;
  sink_->text.separate(by);
  microdata_.separate(TextWriter::Break::kSpace);
  if (!anchor_starts_.empty()) anchor_.separate(TextWriter::Break::kSpace);
}

}  // namespace crawl
