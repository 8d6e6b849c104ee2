// SPDX-License-Identifier: MIT
#pragma once

// From the bytes of a body to what it yields: its type and charset, title, text, language, links,
// hashes, compressed body. HTML, XHTML, plain text, style sheets, sitemaps and feeds are read; what
// else is kept is only stored. Everything here runs on hostile bytes inside a fetcher.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "ipc/messages.h"
#include "ipc/shared_queue.h"

namespace crawl {

struct DocumentInput {
  std::string_view body;              // after content decoding
  std::string_view content_type;      // the header's values, joined with ", "; "" when absent
  std::string_view url;               // canonical URL of the page; "" when unknown
  std::string_view x_robots_tag;      // one header field's value per line; "" when absent
  std::string_view robots_agent;      // product token, for directives addressed to an agent
  bool truncated = false;             // the body stopped early (too_large)
  std::string_view link_header;       // RFC 8288: values joined with ", "; "" when absent
  std::string_view content_language;  // the header's value; "" when absent
  bool nosniff = false;               // X-Content-Type-Options: nosniff
  bool is_sitemap = false;            // wanted as a sitemap (JobKind::kSitemap)
  int64_t now_ms = 0;                 // wall clock, for unavailable_after
};

class Document {
 public:
  struct Options {
    uint64_t arena_bytes_max = 160u << 20;
    uint32_t cpu_ms_max = 1'000;  // for the HTML parser
    bool keep_body = true;
    uint64_t body_bytes_max = 10u << 20;  // larger ones, which only sitemaps are, are not kept
    uint32_t decode_ratio_max = 200;      // of files packed with gzip, as of content codings
    std::string types = {};               // Configure::types
  };

  // Opens charset converters and compressors now, so that nothing is loaded from disk later.
  static Result<std::unique_ptr<Document>> create(const Options& options);
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // Fills the fields of `result` from content_type on (not transfer, headers, etag, last_modified).
  // The views point into this object and into `input` and stay valid until the next call. Never
  // fails: whatever the bytes are, something meaningful is reported. `phase` is called before each
  // phase. Returns kOk, or, with content_type alone set: kUnsupportedType, or kDecodeBomb of a
  // packed sitemap.
  Outcome parse(const DocumentInput& input, PageResult& result,
                const std::function<void(Phase)>& phase);

  // Ends the life of the views of the last result, and gives back what is large of them.
  void forget();

  // What was wrong with the last document, in plain words; "" where nothing was. Also of one that
  // is kOk: a sitemap that breaks off in the middle. Lives as long as the result's views.
  std::string_view problem() const;

 private:
  struct State;
  explicit Document(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crawl
