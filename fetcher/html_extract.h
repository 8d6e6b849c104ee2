// SPDX-License-Identifier: MIT
#pragma once

// The walk over gumbo's tree: title, facts, links with their anchors, and visible text, in one pass
// in document order. It keeps its own stack: trees may be a million levels deep.

#include <gumbo.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "fetcher/element_facts.h"
#include "fetcher/html_tags.h"
#include "fetcher/link_collector.h"
#include "fetcher/text_writer.h"

namespace crawl {

// Where the parts of one page go, whoever finds them. `links` has begun the page already.
struct PageSink {
  PageResult& result;
  LinkCollector& links;
  TextWriter& text;
  std::string_view robots_agent;
};

class HtmlExtractor {
 public:
  // `source` is what `output` was parsed from. Text may hold bytes that are no UTF-8: gumbo turns
  // some numeric character references beyond 2^31 into such.
  void extract(const GumboOutput& output, std::string_view source, const PageSink& sink);

 private:
  struct Frame {
    const GumboVector* children = nullptr;
    unsigned next = 0;
    TextWriter::Break around = TextWriter::Break::kNone;  // stands before and after it
    bool is_silent = false;                               // no text at all: script, style, head …
    bool is_hidden = false;                               // text for anchors only
    bool keeps_space = false;
    size_t link = LinkCollector::kNone;  // whose anchor is being written
  };

  void find_base(const GumboOutput& output, ElementFacts& facts);
  void visit(const GumboNode& node, ElementFacts& facts);
  void open(const GumboElement& element, ElementFacts& facts);
  void open_foreign(const GumboElement& element, ElementFacts& facts, Frame& frame);
  void enter(const Frame& frame);
  void leave(const Frame& frame);
  void add_text(std::string_view text);
  void add_space(std::string_view text);
  void add_line_break();
  void add_title(const GumboElement& element);
  void separate(TextWriter::Break by);

  TagTable tags_;
  std::vector<Frame> stack_;
  TextWriter anchor_;
  std::vector<size_t> anchor_starts_;  // in anchor_, of the links that are open, outermost first
  bool has_title_ = false;
  const PageSink* sink_ = nullptr;
};

}  // namespace crawl
