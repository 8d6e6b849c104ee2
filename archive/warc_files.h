// SPDX-License-Identifier: MIT
#pragma once

// A folder of WARC files that grow one after another: PREFIX-TIMESTAMP-SERIAL.warc.gz, with
// ".open" behind the name of the one that is being written. What was appended can be taken back to
// any earlier end (Place::end), so that a crash leaves no torn record.

#include <cstdint>
#include <string>

#include "archive/warc_record.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace crawl {

class WarcFiles {
 public:
  struct Options {
    std::string folder;
    std::string prefix = "crawl";
    int64_t bytes_max = int64_t{1} << 30;  // a file that has become this long is closed
    std::string info;                      // block of each file's warcinfo record
  };
  // Which file is being written, and how long it is; "": none.
  struct End {
    std::string file;
    int64_t bytes = 0;
    int64_t serial = 0;  // of the next file
  };
  struct Place {
    std::string file;  // its name once it is closed
    uint64_t offset = 0;
    uint64_t length = 0;  // compressed
  };

  WarcFiles(Options options, End end) : options_(std::move(options)), end_(std::move(end)) {}

  enum class Resumed {
    kNone,    // none was being written, or it had no more than a name and was removed
    kOpen,    // it is taken up, without what was appended behind its end
    kClosed,  // it is whole and has its name, which was not written down any more
    kLost,    // it is not there, or shorter than it was: what it held is in no file
  };
  Result<Resumed> resume();
  // Of a file that is kClosed or kLost: none is being written.
  void forget() { end_ = {"", 0, end_.serial}; }
  // Gives the next file its name: end() is to be written down before the file is made.
  void plan(int64_t now_ms);
  Result<void> begin(int64_t now_ms);
  // `header` is that of the record.
  Result<Place> append(const std::string& header, const WarcRecord& record);
  Result<void> sync();
  bool is_full() const { return end_.bytes >= options_.bytes_max; }
  // Syncs it, and gives it its name.
  Result<void> close();

  bool is_open() const { return static_cast<bool>(file_); }
  const End& end() const { return end_; }

 private:
  std::string path() const { return options_.folder + "/" + end_.file; }
  Options options_;
  End end_;
  UniqueFd file_;
};

}  // namespace crawl
