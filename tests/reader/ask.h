// SPDX-License-Identifier: MIT
#pragma once

// Runs a reading command and keeps what it writes.

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "reader/commands.h"
#include "tests/support/catch.h"

namespace crawl::test {

// What a command writes, in memory.
class Capture {
 public:
  Capture() : file_(::memfd_create("captured", MFD_CLOEXEC)) { REQUIRE(file_); }
  int fd() const { return file_.fd(); }
  std::string text() const {
    std::string bytes(static_cast<size_t>(::lseek(file_.fd(), 0, SEEK_END)), '\0');
    REQUIRE(::pread(file_.fd(), bytes.data(), bytes.size(), 0) ==
            static_cast<ssize_t>(bytes.size()));
    return bytes;
  }

 private:
  UniqueFd file_;
};

struct Answer {
  ExitCode code;
  std::string out, err;
  bool says(const std::string& words) const { return out.find(words) != std::string::npos; }
};

using Command = ExitCode (*)(const ReadOptions&);

inline ExitCode status(const ReadOptions& options) {
  StatusOptions all;
  static_cast<ReadOptions&>(all) = options;
  return command_status(all);
}

// --check, with --max-age in milliseconds.
template <int64_t kAgeMaxMs>
ExitCode health(const ReadOptions& options) {
  StatusOptions all;
  static_cast<ReadOptions&>(all) = options;
  all.check = true;
  all.age_max_ms = kAgeMaxMs;
  return command_status(all);
}

inline Answer ask(Command command, const std::string& database, std::vector<std::string> urls = {},
                  bool json = false, bool text_only = false, int64_t run = 0) {
  Capture out;
  Capture err;
  ReadOptions options;
  options.database = database;
  options.urls = std::move(urls);
  options.json = json;
  options.text_only = text_only;
  options.run = run;
  options.out_fd = out.fd();
  options.err_fd = err.fd();
  const ExitCode code = command(options);
  return {code, out.text(), err.text()};
}

}  // namespace crawl::test
