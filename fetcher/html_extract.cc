// SPDX-License-Identifier: MIT
#include "fetcher/html_extract.h"

#include <cstring>
#include <string>

#include "fetcher/ascii.h"

namespace crawl {
namespace {

constexpr size_t kFramesKept = 4096;

class TreeAttributes final : public Attributes {
 public:
  explicit TreeAttributes(const GumboElement& element) : attributes_(element.attributes) {}

  std::optional<std::string_view> find(const char* name) const override {
    for (unsigned i = 0; i < attributes_.length; ++i) {
      const auto* attribute = static_cast<const GumboAttribute*>(attributes_.data[i]);
      if (std::strcmp(attribute->name, name) == 0) return attribute->value;
    }
    return std::nullopt;
  }

 private:
  const GumboVector& attributes_;
};

bool mentions_base(std::string_view source) {
  for (size_t at = source.find('<'); at != std::string_view::npos; at = source.find('<', at + 1)) {
    if (starts_ignoring_case(source.substr(at), "<base")) return true;
  }
  return false;
}

bool is_foreign(const GumboElement& element) {
  return element.tag_namespace != GUMBO_NAMESPACE_HTML;
}

bool is_hidden(Element element, const Attributes& attributes) {
  if (attributes.find("hidden")) return true;
  return element == Element::kDialog && !attributes.find("open");
}

}  // namespace

void HtmlExtractor::extract(const GumboOutput& output, std::string_view source,
                            const PageSink& sink) {
  sink_ = &sink;
  has_title_ = false;
  anchor_starts_.clear();
  anchor_.clear();
  ElementFacts facts(sink.links, sink.result, sink.robots_agent);
  // The base holds for links before it, too.
  if (mentions_base(source)) find_base(output, facts);
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
  Frame frame;
  frame.children = &element.children;
  frame.is_silent = parent.is_silent;
  frame.is_hidden = parent.is_hidden;
  frame.keeps_space = parent.keeps_space;
  if (is_foreign(element)) return open_foreign(element, facts, frame);

  const TagTraits traits = tags_.of(element);
  const TreeAttributes attributes(element);
  frame.is_silent |= traits.is_silent;
  frame.keeps_space |= traits.keeps_space;
  frame.is_hidden |= is_hidden(traits.element, attributes);
  if (!frame.is_silent && !frame.is_hidden) {
    if (traits.is_block) frame.around = TextWriter::Break::kLine;
    separate(traits.is_cell ? TextWriter::Break::kTab : frame.around);
  }
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
      if (!anchor_starts_.empty()) {
        anchor_.separate(TextWriter::Break::kSpace);
        anchor_.add(utf8_prefix(attributes.find("alt").value_or(""), 4 * kAnchorBytesMax));
        anchor_.separate(TextWriter::Break::kSpace);
      }
      break;
    default:
      frame.link = facts.add(traits.element, attributes);
  }
  enter(frame);
}

// SVG and MathML: only <a>, <image> and text matter.
void HtmlExtractor::open_foreign(const GumboElement& element, ElementFacts& facts, Frame& frame) {
  const TagTraits traits = tags_.of(element);
  const TreeAttributes attributes(element);
  if (element.tag_namespace == GUMBO_NAMESPACE_SVG) {
    frame.link = facts.add_svg(traits.element, attributes);
    frame.around = TextWriter::Break::kSpace;
    separate(frame.around);
  }
  frame.is_silent |= traits.is_silent && traits.element != Element::kVideo;
  enter(frame);
}

void HtmlExtractor::enter(const Frame& frame) {
  stack_.push_back(frame);
  if (frame.link == LinkCollector::kNone) return;
  if (anchor_starts_.empty()) anchor_.clear();
  anchor_starts_.push_back(anchor_.size());
}

void HtmlExtractor::leave(const Frame& frame) {
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
  // Anchors are cut short: nobody needs the rest of a long text. Outer links began earlier.
  if (!anchor_starts_.empty() && anchor_.size() - anchor_starts_.back() <= kAnchorBytesMax) {
    anchor_.add(utf8_prefix(text, 4 * kAnchorBytesMax));
  }
}

void HtmlExtractor::add_space(std::string_view text) {
  const Frame& frame = stack_.back();
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

void HtmlExtractor::add_title(const GumboElement& element) {
  if (has_title_) return;
  has_title_ = true;
  std::string title;
  for (unsigned i = 0; i < element.children.length; ++i) {
    const auto* node = static_cast<const GumboNode*>(element.children.data[i]);
    if (node->type == GUMBO_NODE_TEXT || node->type == GUMBO_NODE_WHITESPACE) {
      title += node->v.text.text;
    }
  }
  sink_->result.title = sink_->links.keep_collapsed(title, kTitleBytesMax);
}

void HtmlExtractor::separate(TextWriter::Break by) {
  if (by == TextWriter::Break::kNone) return;
  sink_->text.separate(by);
  if (!anchor_starts_.empty()) anchor_.separate(TextWriter::Break::kSpace);
}

}  // namespace crawl
