// SPDX-License-Identifier: MIT
#pragma once

// A page as parser and walk see it, without a document around them.

#include <memory>
#include <string>
#include <string_view>

#include "fetcher/html_arena.h"
#include "fetcher/html_extract.h"
#include "tests/support/catch.h"

namespace crawl {

class ExtractedPage {
 public:
  explicit ExtractedPage(std::string_view html) : html_(html) {
    static const auto created = HtmlArena::create({});
    REQUIRE(created);
    HtmlArena& arena = *created.value();
    const GumboOutput* tree = arena.parse(html_);
    REQUIRE(tree != nullptr);
    links_.begin("http://h.example/dir/page", result, pool_);
    extractor_.extract(*tree, html_, PageSink{result, links_, text_, "crawl"});
    arena.clear();
  }

  std::string text() const { return std::string(text_.text()); }
  std::string main_text() const { return std::string(result.main_text); }
  std::string metadata() const { return std::string(result.metadata); }
  // "kind href" lines, hrefs without "http://h.example/dir/".
  std::string links() const {
    constexpr std::string_view kFolder = "http://h.example/dir/";
    std::string all;
    for (const PageLink& link : result.links) {
      std::string_view href = link.href;
      if (href.starts_with(kFolder)) href.remove_prefix(kFolder.size());
      all += std::string(name(link.kind)) + " " + std::string(href) + "\n";
    }
    return all;
  }

  PageResult result;

 private:
  std::string html_;
  StringPool pool_;
  LinkCollector links_;
  TextWriter text_;
  HtmlExtractor extractor_;
};

inline std::string repeated(std::string_view part, size_t count) {
  std::string all;
  for (size_t i = 0; i < count; ++i) all += part;
  return all;
}

}  // namespace crawl
