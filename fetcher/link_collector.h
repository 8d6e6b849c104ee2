// SPDX-License-Identifier: MIT
#pragma once

// The links of one page: resolved, canonical, counted and bounded.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "fetcher/query_encoder.h"
#include "fetcher/string_pool.h"
#include "ipc/messages.h"
#include "web/url.h"

namespace crawl {

class LinkCollector {
 public:
  static constexpr size_t kNone = SIZE_MAX;
  // Of all links of a page, and of all entries of a sitemap or a feed, together.
  static constexpr size_t kTextBytesMax = size_t{32} << 20;
  static constexpr size_t kEntryTextBytesMax = size_t{72} << 20;

  // Begins a page at `url` ("" when unknown: then only absolute links count). Links and the number
  // dropped go to `result`; their strings live in `pool`. Both must outlive the page.
  void begin(std::string_view url, PageResult& result, StringPool& pool);

  // The document that follows is in another encoding than UTF-8, which `encoder` uses: so are the
  // queries of its special URLs, but not those of its style sheets (HTML Standard §2.4.1
  // "encoding-parse a URL"; CSS has no encoding there). It must outlive the page.
  void encode_queries(QueryEncoder& encoder);

  // <base href> (HTML Standard §4.2.3): only the first one counts; one that cannot be used is
  // ignored.
  void set_base(std::string_view href);

  // Links to pages are reported as kScanned from now on.
  void report_as_scanned() { as_scanned_ = true; }

  // How many links the page may have: kLinksMax unless told otherwise, at most kEntriesMax.
  void set_links_max(size_t links_max) { links_max_ = std::min(links_max, kEntriesMax); }

  size_t text_bytes_max() const {
    return links_max_ > kLinksMax ? kEntryTextBytesMax : kTextBytesMax;
  }

  // Adds a link, or counts it as dropped: not a URL, a javascript:, data:, blob: or about: URL, or
  // one too many. For a URL that is too long, its shortened_url() is added. `href` must stay valid
  // until the page is done. Returns the index for set_anchor(), or kNone.
  size_t add(LinkKind kind, std::string_view href, std::string_view rel = {});
  // `text` is valid UTF-8 or not, white space collapsed; it is cut at kAnchorBytesMax.
  void set_anchor(size_t index, std::string_view text);

  // An http(s) URL as add() would store it; "" when there is none, or it is too long.
  std::string_view resolve_http(std::string_view href);

  // A copy in the pool: valid UTF-8, at most `bytes_max`.
  std::string_view keep(std::string_view text, size_t bytes_max);
  // The same, with white space collapsed and trimmed.
  std::string_view keep_collapsed(std::string_view text, size_t bytes_max);

 private:
  struct Resolved {
    std::string_view href;  // "" : dropped
    bool is_http = false;
  };

  void use_as_base(Url base);
  const Resolved& resolve(std::string_view href);
  Resolved parse(std::string_view href, QueryEncoder* encoder);
  std::string_view normal_rel(std::string_view rel);

  PageResult* result_ = nullptr;
  StringPool* pool_ = nullptr;
  std::optional<Url> base_;
  std::string_view base_href_;       // canonical; "" when there is no base
  QueryEncoder* encoder_ = nullptr;  // nullptr: UTF-8
  size_t links_max_ = kLinksMax;
  size_t blown_up_bytes_ = 0;
  size_t text_bytes_ = 0;
  bool has_base_element_ = false;
  bool as_scanned_ = false;
  // Pages repeat their links. Keys are the views given to add().
  std::unordered_map<std::string_view, Resolved> seen_;
  std::string scratch_;
};

}  // namespace crawl
