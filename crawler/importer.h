// SPDX-License-Identifier: MIT
#pragma once

// From the records of WARC files to rows. Documents are parsed in fetchers, as those of a crawl
// are, and become rows by the same way (page_rows.h); they are stored in the order of the records.

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "archive/warc_reader.h"
#include "crawler/discovery.h"
#include "crawler/page_rows.h"
#include "crawler/parse_client.h"
#include "storage/resume.h"
#include "storage/writer.h"

namespace crawl {

class Importer {
 public:
  struct Options {
    uint64_t body_bytes_max = 0;  // the parser's
    Writer::Options writer;
    int64_t latest_ms = 0;  // what is dated later is left out: it would outlive all that comes
  };
  struct Counts {
    int64_t captures = 0;            // taken
    int64_t later = 0;               // left out for their dates
    int64_t revisits_unmatched = 0;  // of what neither the database has nor a file taken before
  };

  // `parser` keeps bodies.
  static Result<std::unique_ptr<Importer>> create(Database database, const RunStart& start,
                                                  std::unique_ptr<ParseClient> parser,
                                                  const Options& options);

  // Takes the record if it is one of a fetch; its block is read then. Waits while there is too much
  // under way. kCorrupt: the block is damaged, and the next record may be taken all the same.
  Result<void> take(const WarcEntry& entry, WarcReader& reader);
  // Waits until all that was taken is handed to the writer.
  Result<void> drain();
  Result<void> finish(const std::string& end_reason, int64_t ended_at);

  const Counts& counts() const { return counts_; }

 private:
  struct Capture {
    Url url;
    int64_t at = 0;
    std::string truncated, ip;
    bool cut = false;                  // here, as there was more than is read
    Outcome outcome = Outcome::kNone;  // of one that needs no parsing
    int64_t status = 0;
    std::string detail;
    std::optional<ParseAnswer> answer;
  };
  using CapturePtr = std::shared_ptr<Capture>;

  Importer(const Options& options, Discovery discovery)
      : options_(options), discovery_(std::move(discovery)) {}

  Result<bool> describe(const WarcEntry& entry, WarcReader& reader, Capture& capture);
  Result<void> parse(const WarcEntry& entry, WarcReader& reader, const CapturePtr& capture);
  Result<void> turn();
  void store(Capture& capture);
  bool store_page(const Capture& capture, int64_t url_id, WriteUnit& unit);
  void add_redirect(const PageResult& result, const LinkSource& source, int64_t at,
                    WriteUnit& unit);
  Result<void> look_at_writer();

  const Options options_;
  Discovery discovery_;
  std::unique_ptr<ParseClient> parser_;
  std::unique_ptr<Writer> writer_;
  std::deque<CapturePtr> under_way_;  // in the order of the records
  Counts counts_;
};

}  // namespace crawl
