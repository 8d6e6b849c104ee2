// SPDX-License-Identifier: MIT
#pragma once

// From a finished transfer, or the bytes of a ParseJob, to the encoded message that answers it.

#include <cstdint>
#include <functional>
#include <string>

#include "fetcher/document.h"
#include "fetcher/transfer.h"
#include "ipc/messages.h"

namespace crawl {

class Answerer {
 public:
  // Called before each phase of a job.
  using PhaseHandler = std::function<void(uint64_t lease, std::string_view url, Phase phase)>;

  // `document` must outlive the answerer. `robots_agent` is Configure's.
  Answerer(Document& document, uint32_t generation, std::string robots_agent,
           PhaseHandler on_phase);

  // Each replaces `out` by one encoded PageResult or RobotsResult, within the limits of every
  // field.
  void answer(const HttpTransfer& transfer, std::string& out);
  void answer(const ParseJob& job, std::string& out);
  // For a job that could not be begun.
  void answer_failure(const FetchJob& job, Outcome outcome, std::string_view detail,
                      std::string& out);

 private:
  void answer_page(const HttpTransfer& transfer, const Transfer& summary, std::string& out);
  void answer_robots(const Transfer& summary, std::string_view url, std::string_view agent,
                     std::string_view bytes, std::string& out);
  bool parse(uint64_t lease, const DocumentInput& input, PageResult& result);

  Document& document_;
  uint32_t generation_;
  std::string robots_agent_;
  PhaseHandler on_phase_;
};

}  // namespace crawl
