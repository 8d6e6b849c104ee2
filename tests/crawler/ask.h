// SPDX-License-Identifier: MIT
#pragma once

// Runs a reading command and keeps what it writes.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "crawler/read_commands.h"
#include "tests/support/catch.h"

namespace crawl::test {

// What a command writes, in memory.
class Capture {
 public:
  Capture() : file_(::open_memstream(&data_, &size_)) { REQUIRE(file_ != nullptr); }
  ~Capture() {
    std::fclose(file_);
    std::free(data_);
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  std::FILE* file() { return file_; }
  std::string text() {
    std::fflush(file_);
    return {data_, size_};
  }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
  std::FILE* file_;
};

struct Answer {
  ExitCode code;
  std::string out, err;
  bool says(const std::string& words) const { return out.find(words) != std::string::npos; }
};

using Command = ExitCode (*)(const ReadOptions&);

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
  options.out = out.file();
  options.err = err.file();
  const ExitCode code = command(options);
  return {code, out.text(), err.text()};
}

}  // namespace crawl::test
