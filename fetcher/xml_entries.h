// SPDX-License-Identifier: MIT
#pragma once

// What the readers of sitemaps and of feeds have in common: the events they are told, the field
// that is being collected, and the links that wait for a place behind the entries.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fetcher/link_collector.h"
#include "fetcher/xml_element.h"

namespace crawl {

// Told the elements of one document in order. The root is opened first. A document that breaks off
// leaves elements open; finish() is called either way.
class XmlEntries {
 public:
  virtual ~XmlEntries() = default;
  virtual void open(const XmlElement& element) = 0;
  virtual void text(std::string_view text) = 0;
  virtual void close(std::string_view name, uint32_t depth) = 0;
  virtual void finish() = 0;
};

// The text of one element, up to a limit.
class XmlField {
 public:
  enum class Form : uint8_t {
    kPlain,   // characters; tags inside count as nothing
    kMarkup,  // HTML, escaped as text; tags inside join it
    kXhtml,   // elements inside; characters are meant literally
  };

  void begin(uint32_t depth, size_t bytes_max, Form form = Form::kPlain);
  void add(std::string_view text);
  void open_child(std::string_view name) { add_tag("<", name); }
  void close_child(std::string_view name) { add_tag("</", name); }

  bool is_open() const { return depth_ != 0; }
  bool is_at(uint32_t depth) const { return depth_ == depth; }
  Form form() const { return form_; }
  // Closes it. kPlain: characters; else HTML. Valid until the next begin().
  const std::string& end();

 private:
  void add_tag(std::string_view bracket, std::string_view name);
  void append(std::string_view text);

  std::string value_;
  size_t bytes_max_ = 0;
  uint32_t depth_ = 0;  // of the element; 0: none is open
  Form form_ = Form::kPlain;
  bool is_full_ = false;
};

// Images, media and alternates: reported after the entries, so that they take no entry's place.
class LaterLinks {
 public:
  // An empty href is no link. Beyond kLinksMax they count as dropped.
  void add(LinkKind kind, std::string_view href, std::string_view rel = {});
  void flush(LinkCollector& links, PageResult& result);

 private:
  struct Later {
    LinkKind kind;
    std::string href;
    std::string rel;
  };
  std::vector<Later> waiting_;
  uint32_t dropped_ = 0;
};

// More of a URL is not read. What is longer than kUrlBytesMax is only recorded as too long anyway.
inline constexpr size_t kHrefBytesMax = size_t{1} << 20;

}  // namespace crawl
