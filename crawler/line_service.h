// SPDX-License-Identifier: MIT
#pragma once

// Answers in the order of the questions, while the parser works on many at a time.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "reader/json_lines.h"
#include "crawler/options.h"
#include "crawler/parse_client.h"

namespace crawl {

// The place of one answer in the output.
struct AnswerSlot {
  bool ready = false;
  ShownText text;

  void fill(ShownText answer) {
    text = std::move(answer);
    ready = true;
  }
};

using SlotPtr = std::shared_ptr<AnswerSlot>;

// Calls `question` for each line of stdin; it fills the slot, now or from a ParseClient's Done. An
// answer is written as soon as all before it have been.
ExitCode serve_lines(ParseClient& client,
                     const std::function<void(std::string_view line, const SlotPtr&)>& question);

// Writes the slots in order, waiting for the client until they are ready.
ExitCode write_in_order(ParseClient& client, std::deque<SlotPtr>& slots, Output& output);

// Says on stderr what went wrong; 66 for what is not there, 78 for a fetcher that
// cannot be run, else 70.
ExitCode report_parser_failure(const Error& error);

// The whole of a file, or of stdin for "-", at most `bytes_max`. kNotFound, kFull (too long), kIo.
Result<std::string> read_document(const std::string& path, size_t bytes_max);

}  // namespace crawl
