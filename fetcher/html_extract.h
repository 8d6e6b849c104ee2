// SPDX-License-Identifier: MIT
#pragma once

// The walk over gumbo's tree: title, facts, links with their anchors, visible text and what of it
// is the main content, headings and structured data, in one pass in document order. It keeps its
// own stack: trees may be a million levels deep.

#include <gumbo.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/element_facts.h"
#include "fetcher/html_tags.h"
#include "fetcher/link_collector.h"
#include "fetcher/main_text.h"
#include "fetcher/microdata.h"
#include "fetcher/page_metadata.h"
#include "fetcher/text_writer.h"
#include "fetcher/tree_attributes.h"

namespace crawl {

// Where the parts of one page go, whoever finds them. `links` has begun the page already.
struct PageSink {
  PageResult& result;
  LinkCollector& links;
  TextWriter& text;
  std::string_view robots_agent;
  // Other languages' versions and feeds that the header names.
  std::span<const PageMetadata::LinkedDocument> alternates = {};
};

// Without a stack, which would be large where it is true.
bool is_deeper_than(const GumboOutput& output, size_t levels);

class HtmlExtractor {
 public:
  // `source` is what `output` was parsed from. Text may hold bytes that are no UTF-8: gumbo turns
  // some numeric character references beyond 2^31 into such. Of the result it sets main_text (valid
  // UTF-8, until the next call or until sink.text is cleared), metadata and all that ElementFacts
  // and PageMetadata set.
  void extract(const GumboOutput& output, std::string_view source, const PageSink& sink);

 private:
  struct Frame {
    const GumboVector* children = nullptr;
    unsigned next = 0;
    uint32_t item = Microdata::kNone;                     // that the children stand in
    TextWriter::Break around = TextWriter::Break::kNone;  // stands before and after it
    MainText::Area area = 0;
    bool is_silent = false;  // no text at all: script, style, head …
    bool is_hidden = false;  // text for anchors and values only
    bool keeps_space = false;
    bool is_anchor = false;
    bool has_scope = false;  // in scopes_
    uint8_t heading_level = 0;
    size_t link = LinkCollector::kNone;  // whose anchor is being written
  };

  void begin(std::string_view source, const PageSink& sink);
  void finish();
  void find_base(const GumboOutput& output, ElementFacts& facts);
  void visit(const GumboNode& node, ElementFacts& facts);
  void open(const GumboElement& element, ElementFacts& facts);
  void open_html(const GumboElement& element, const TagTraits& traits,
                 const CommonAttributes& common, ElementFacts& facts, Frame& frame);
  void open_foreign(const GumboElement& element, const TagTraits& traits, ElementFacts& facts,
                    Frame& frame);
  void open_shown(const TagTraits& traits, const CommonAttributes& common, Frame& frame);
  void add_content(const GumboElement& element, Element kind, ElementFacts& facts);
  void enter(const Frame& frame);
  void leave(const Frame& frame);
  void add_text(std::string_view text);
  void add_space(std::string_view text);
  void add_line_break();
  void add_alternative(std::string_view text);
  void add_title(const GumboElement& element);
  void separate(TextWriter::Break by);

  TagTable tags_;
  std::vector<Frame> stack_;
  TextWriter anchor_;
  std::vector<size_t> anchor_starts_;   // in anchor_, of the links that are open, outermost first
  std::vector<size_t> heading_starts_;  // in the text, of the headings that are open
  std::vector<Microdata::Scope> scopes_;
  MainText main_;
  std::string repaired_main_;
  PageMetadata metadata_;
  Microdata microdata_;
  std::string content_;
  bool has_title_ = false;
  bool has_item_references_ = false;
  const PageSink* sink_ = nullptr;
};

}  // namespace crawl
