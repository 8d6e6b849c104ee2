// SPDX-License-Identifier: MIT
#include "crawler/line_service.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/log.h"
#include "base/units.h"

namespace crawl {
namespace {

constexpr size_t kSlotsMax = 8192;

bool write_ready(std::deque<SlotPtr>& slots, Output& output) {
  while (!slots.empty() && slots.front()->ready) {
    if (!output.write(slots.front()->text)) return false;
    slots.pop_front();
  }
  return true;
}

}  // namespace

ExitCode report_parser_failure(const Error& error) {
  complain(error.message());
  if (error.code == Errc::kNotFound) return ExitCode::kNoInput;
  if (error.code == Errc::kInvalid) return ExitCode::kConfig;
  return error.sys_errno != 0 ? ExitCode::kIo : ExitCode::kBug;
}

ExitCode serve_lines(ParseClient& client,
                     const std::function<void(std::string_view, const SlotPtr&)>& question) {
  LineReader input(0);
  Output output;
  std::deque<SlotPtr> slots;
  bool ended = false;
  while (!ended || !slots.empty()) {
    bool later = false;
    while (!ended && !later && client.has_room() && slots.size() < kSlotsMax) {
      std::string_view line;
      Result<LineReader::Next> next = input.next(line, false);
      if (next && *next == LineReader::Next::kLater && slots.empty()) {
        // Whoever waits for an answer before the next question has it by now.
        if (!output.flush()) return ExitCode::kIo;
        next = input.next(line, true);
      }
      if (!next) {
        report_parser_failure(next.error());
        return ExitCode::kIo;
      }
      ended = *next == LineReader::Next::kEnd;
      later = *next == LineReader::Next::kLater;
      if (ended || later) break;
      slots.push_back(std::make_shared<AnswerSlot>());
      question(line, slots.back());
      if (!write_ready(slots, output)) return ExitCode::kIo;
    }
    if (later && !output.flush()) return ExitCode::kIo;
    if (slots.empty()) continue;
    Result<void> turned = client.turn(later ? input.fd() : -1);
    if (!turned) return report_parser_failure(turned.error());
    if (!write_ready(slots, output)) return ExitCode::kIo;
  }
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

ExitCode write_in_order(ParseClient& client, std::deque<SlotPtr>& slots, Output& output) {
  while (write_ready(slots, output) && !slots.empty()) {
    Result<void> turned = client.turn(-1);
    if (!turned) return report_parser_failure(turned.error());
  }
  return output.failed() ? ExitCode::kIo : ExitCode::kDone;
}

Result<std::string> read_document(const std::string& path, size_t bytes_max) {
  UniqueFd file;
  int fd = 0;
  if (path != "-") {
    file.reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
      Error error = errno_error(path);
      if (error.sys_errno == ENOENT) error.code = Errc::kNotFound;
      return error;
    }
    fd = file.fd();
  }
  constexpr size_t kChunk = 1u << 18;
  std::string bytes;
  while (true) {
    const size_t size = bytes.size();
    bytes.resize(size + kChunk);
    const ssize_t got = read(fd, bytes.data() + size, kChunk);
    const int error = errno;
    bytes.resize(size + static_cast<size_t>(got > 0 ? got : 0));
    if (got == 0) return bytes;
    if (got < 0 && error != EINTR) return errno_error(error, path);
    if (bytes.size() > bytes_max) {
      return Error{Errc::kFull, 0, path + " is larger than " + format_bytes(bytes_max)};
    }
  }
}

}  // namespace crawl
