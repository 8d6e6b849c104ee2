// SPDX-License-Identifier: MIT
#pragma once

// From a finished transfer, or the bytes of a ParseJob, to the encoded message that answers it.

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "fetcher/document.h"
#include "fetcher/transfer.h"
#include "ipc/messages.h"

namespace crawl {

class Answerer {
 public:
  // Called before each phase of a job.
  using PhaseHandler = std::function<void(uint64_t lease, std::string_view url, Phase phase)>;

  struct Settings {  // of Configure
    uint32_t generation = 0;
    std::string robots_agent;
    uint64_t body_bytes_max = 10u << 20;  // of archived responses; transfers have counted already
    uint32_t decode_ratio_max = 200;
  };

  // `document` and `clock` must outlive the answerer.
  Answerer(Document& document, const Clock& clock, const Settings& settings, PhaseHandler on_phase);

  // Each replaces `out` by one encoded PageResult or RobotsResult, within the limits of every
  // field.
  void answer(const HttpTransfer& transfer, std::string& out);
  void answer(const ParseJob& job, std::string& out);
  // For a job that could not be begun.
  void answer_failure(const FetchJob& job, Outcome outcome, std::string_view detail,
                      std::string& out);

 private:
  // A response's head, and its body where `summary` says that there is a page.
  struct Response {
    const ResponseHead& head;
    std::string_view body, essence, url;
    bool truncated = false, is_sitemap = false;
  };
  void answer_page(const Response& response, const Transfer& summary, std::string& out);
  void answer_archived(const ParseJob& job, Transfer summary, std::string& out);
  void answer_robots(const Transfer& summary, std::string_view url, std::string_view agent,
                     std::string_view bytes, std::string& out);
  void parse(DocumentInput input, PageResult& result);

  Document& document_;
  const Clock& clock_;
  const Settings settings_;
  std::string detail_;  // what transfer.detail points into
  PhaseHandler on_phase_;
};

}  // namespace crawl
