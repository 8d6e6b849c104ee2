// SPDX-License-Identifier: MIT
#pragma once

// From the bytes of a body to what a page yields: charset, title, text, links, hashes, compressed
// body. Everything here runs on hostile bytes inside a fetcher.

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
  std::string_view content_type;      // the header's value; "" when absent
  std::string_view url;               // canonical URL of the page; "" when unknown
  std::string_view x_robots_tag;      // one header field's value per line; "" when absent
  std::string_view robots_agent;      // product token, for directives addressed to an agent
  bool truncated = false;             // the body stopped early (too_large)
  std::string_view link_header;       // RFC 8288: values joined with ", "; "" when absent
  std::string_view content_language;  // the header's value; "" when absent
  bool nosniff = false;               // X-Content-Type-Options: nosniff
  int64_t now_ms = 0;                 // wall clock, for unavailable_after
};

class Document {
 public:
  struct Options {
    uint64_t arena_bytes_max = 160u << 20;
    uint32_t cpu_ms_max = 1'000;  // for the HTML parser
    bool keep_body = true;
    std::string types;  // Configure::types
  };

  // Opens the charset converters and compressors now, so that nothing is loaded from disk later.
  static Result<std::unique_ptr<Document>> create(const Options& options);
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  // Fills the fields of `result` from content_type on (not transfer, headers, etag, last_modified).
  // The views point into this object and into `input` and stay valid until the next call. Never
  // fails: whatever the bytes are, something meaningful is reported. `phase` is called before each
  // phase. An unsupported type (web/media_type.h) sets content_type only and returns false.
  bool parse(const DocumentInput& input, PageResult& result,
             const std::function<void(Phase)>& phase);

 private:
  struct State;
  explicit Document(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace crawl
