// SPDX-License-Identifier: MIT
#pragma once

// An archive that follows a database: WARC files and their indexes in a folder, and beside them how
// far it has come. Whatever dies, what is in the files up to there is whole and in the index; the
// rest is cut off when the archive is opened again, and written anew.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "archive/warc_files.h"
#include "reader/capture.h"
#include "reader/commands.h"
#include "storage/archive_state.h"

namespace crawl {

class WarcArchive {
 public:
  // kBusy: another process writes there. kUnsupported: it follows another database.
  static Result<std::unique_ptr<WarcArchive>> open(const ExportOptions& options,
                                                   Database& database);

  // Archives some of what is new, and makes it last: at most so much that little is lost when
  // something dies. False: nothing is new. `go_on` is asked between two captures.
  Result<bool> advance(const std::function<bool(int64_t done, int64_t total)>& go_on);
  // Closes the file that is being written and writes its index.
  Result<void> close_file();

  int64_t captures() const { return captures_; }
  uint64_t bytes() const { return bytes_; }  // of files
  int64_t files() const { return files_; }

 private:
  WarcArchive(const ExportOptions& options, Database& database, ArchiveState state,
              CaptureReader reader);
  Result<void> check_source();
  Result<void> resume();
  Result<void> add(const Capture& capture);
  Result<void> begin_file(const std::string& user_agent);
  Result<void> append(const WarcRecord& record, const Capture& capture);
  Result<void> commit();
  Result<void> finish_file(const std::string& file);
  Result<void> write_index(const std::string& file);
  const std::string& user_agent(int64_t run_id);
  ArchiveState::Position position() const;

  const ExportOptions& options_;
  Database& database_;
  ArchiveState state_;
  CaptureReader reader_;
  WarcFiles files_on_disk_;
  int64_t source_ = 0;
  int64_t visit_id_ = 0;
  int64_t visit_at_ = 0;
  int64_t began_ = -1;  // visit_id_ when the file was begun; -1: unknown
  std::vector<std::string> lines_;
  std::map<int64_t, std::string> user_agents_;  // the latest few
  int64_t captures_ = 0;
  uint64_t bytes_ = 0;
  int64_t files_ = 0;
};

}  // namespace crawl
