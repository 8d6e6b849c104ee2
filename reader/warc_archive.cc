// SPDX-License-Identifier: MIT
#include "reader/warc_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "archive/cdxj.h"
#include "archive/http_head.h"
#include "base/clock.h"
#include "base/draft_file.h"
#include "reader/json_lines.h"
#include "reader/read_support.h"
#include "reader/warc_records.h"
#include "storage/rows.h"
#include "storage/snapshot.h"

namespace crawl {

namespace {

constexpr int kCapturesPerCommit = 500;
constexpr uint64_t kBytesPerCommit = 32u << 20;  // of files
constexpr size_t kUserAgentsMax = 16;

WarcFiles::Options files_options(const ExportOptions& options, std::string info) {
  WarcFiles::Options result;
  result.folder = options.output;
  while (result.folder.size() > 1 && result.folder.ends_with('/')) result.folder.pop_back();
  if (!options.warc_prefix.empty()) result.prefix = options.warc_prefix;
  if (options.warc_bytes_max > 0) result.bytes_max = options.warc_bytes_max;
  result.info = std::move(info);
  return result;
}

WarcFiles::End end_of(const ArchiveState::Position& position) {
  return {position.file, position.bytes, position.serial};
}

// What the index says that it is.
std::string_view mime_of(const WarcRecord& record) {
  if (record.type == "revisit") return "warc/revisit";
  return record.type == "response" ? type_in_head(record.head) : record.content_type;
}

std::string field_of(const std::string& header, std::string_view name) {
  const size_t at = header.find(fmt::format("\r\n{}: ", name));
  if (at == std::string::npos) return "";
  const size_t begin = at + name.size() + 4;
  return header.substr(begin, header.find("\r\n", begin) - begin);
}

}  // namespace

Result<std::unique_ptr<WarcArchive>> WarcArchive::open(const ExportOptions& options,
                                                       Database& database) {
  Result<ArchiveState> state = ArchiveState::open(options.output);
  if (!state) return state.error();
  Result<CaptureReader> reader = CaptureReader::create(database);
  if (!reader) return reader.error();
  std::unique_ptr<WarcArchive> archive(
      new WarcArchive(options, database, std::move(*state), std::move(*reader)));
  if (Result<void> checked = archive->check_source(); !checked) return checked.error();
  if (Result<void> resumed = archive->resume(); !resumed) return resumed.error();
  return archive;
}

WarcArchive::WarcArchive(const ExportOptions& options, Database& database, ArchiveState state,
                         CaptureReader reader)
    : options_(options),
      database_(database),
      state_(std::move(state)),
      reader_(std::move(reader)),
      files_on_disk_(files_options(options, ""), end_of(state_.position())),
      visit_id_(state_.position().visit_id),
      visit_at_(state_.position().visit_at),
      began_(state_.position().began) {}

Result<void> WarcArchive::check_source() {
  Result<uint64_t> seed = fingerprint_seed(database_);
  if (!seed) return seed.error();
  source_ = static_cast<int64_t>(*seed);
  if (source_ == 0) source_ = 1;
  if (state_.position().source != 0 && state_.position().source != source_) {
    return Error{
        Errc::kUnsupported, 0,
        options_.output + " is the archive of another database: name a directory of its own"};
  }
  Result<bool> known = has_history(database_, visit_id_, 0, visit_at_);
  if (!known) return known.error();
  if (*known) return {};
  return Error{Errc::kUnsupported, 0,
               fmt::format("{} has more than {}, or something else: this is an older copy of its "
                           "database, or part of it was removed; name a directory of its own",
                           options_.output, options_.database)};
}

Result<void> WarcArchive::resume() {
  const std::string file = files_on_disk_.end().file;
  const Result<WarcFiles::Resumed> resumed = files_on_disk_.resume();
  if (!resumed) return resumed.error();
  if (*resumed == WarcFiles::Resumed::kClosed) {
    files_on_disk_.forget();
    return finish_file(file);
  }
  if (*resumed != WarcFiles::Resumed::kLost) return {};
  report_line(options_, ExitCode::kDone,
              fmt::format("{}/{}.open is gone, or shorter than it was: {} is archived once more, "
                          "as far as {} still has it",
                          options_.output, file, began_ < 0 ? "everything" : "what it held",
                          options_.database));
  files_on_disk_.forget();
  visit_id_ = std::max<int64_t>(began_, 0);
  visit_at_ = 0;
  return state_.close_file(position());
}

Result<bool> WarcArchive::advance(const std::function<bool(int64_t, int64_t)>& go_on) {
  const uint64_t before = bytes_;
  Result<void> added;
  int64_t total = 0;
  {
    // A crawl's log cannot shrink while one is open, so each is short.
    Result<Snapshot> snapshot = Snapshot::begin(database_);
    if (!snapshot) return snapshot.error();
    Result<int64_t> last = reader_.last_visit();
    if (!last) return last.error();
    total = *last;
    Result<int> read = reader_.read(visit_id_, kCapturesPerCommit, [&](const Capture& capture) {
      added = add(capture);
      if (added && !go_on(capture.visit_id, total)) added = Error{Errc::kClosed, 0, "given up"};
      return added && bytes_ - before < kBytesPerCommit && !files_on_disk_.is_full();
    });
    if (!read) return read.error();
    if (*read == 0) return false;
  }
  // What is there when it is given up counts too.
  if (!added && added.error().code != Errc::kClosed) return added.error();
  if (Result<void> done = commit(); !done) return done.error();
  if (!added) return added.error();
  if (files_on_disk_.is_full()) {
    if (Result<void> closed = close_file(); !closed) return closed.error();
  }
  return true;
}

Result<void> WarcArchive::add(const Capture& capture) {
  std::string body;
  if (capture.content_id != 0) {
    Result<std::string> decoded = reader_.body(capture.content_id);
    if (!decoded) return decoded.error();
    body = std::move(*decoded);
  }
  const std::string& agent = user_agent(capture.run_id);
  if (!files_on_disk_.is_open()) {
    if (Result<void> begun = begin_file(agent); !begun) return begun;
  }
  for (const WarcRecord& record : warc_records(capture, body, agent)) {
    if (Result<void> done = append(record, capture); !done) return done;
  }
  visit_id_ = capture.visit_id;
  visit_at_ = capture.at;
  ++captures_;
  return {};
}

Result<void> WarcArchive::begin_file(const std::string& user_agent) {
  const int64_t now = SystemClock().wall_ms();
  files_on_disk_ = WarcFiles(files_options(options_, warc_info(user_agent)), files_on_disk_.end());
  files_on_disk_.plan(now);
  began_ = visit_id_;
  if (Result<void> known = state_.commit(position(), {}); !known) return known;
  return files_on_disk_.begin(now);
}

Result<void> WarcArchive::append(const WarcRecord& record, const Capture& capture) {
  const std::string header = encode_header(record);
  Result<WarcFiles::Place> place = files_on_disk_.append(header, record);
  if (!place) return place.error();
  bytes_ += place->length;
  const bool indexed =
      record.type == "response" || record.type == "revisit" || record.type == "resource";
  if (!indexed) return {};
  CdxjEntry entry;
  entry.url = capture.url;
  entry.date_ms = capture.at;
  entry.mime = mime_of(record);
  if (!record.head.empty()) entry.status = record.head.substr(9, 3);  // "HTTP/1.1 200"
  const std::string digest = field_of(header, "WARC-Payload-Digest");
  entry.digest = digest;
  entry.file = place->file;
  entry.offset = place->offset;
  entry.length = place->length;
  lines_.push_back(cdxj_line(entry));
  return {};
}

ArchiveState::Position WarcArchive::position() const {
  const WarcFiles::End& end = files_on_disk_.end();
  return {source_, visit_id_, end.file, end.bytes, end.serial, visit_at_, began_};
}

Result<void> WarcArchive::commit() {
  if (Result<void> synced = files_on_disk_.sync(); !synced) return synced;
  Result<void> done = state_.commit(position(), lines_);
  if (done) lines_.clear();
  return done;
}

Result<void> WarcArchive::close_file() {
  if (!files_on_disk_.is_open()) return {};
  const std::string file = files_on_disk_.end().file;
  Result<void> closed = files_on_disk_.close();
  return closed ? finish_file(file) : closed;
}

// One that has its name by now.
Result<void> WarcArchive::finish_file(const std::string& file) {
  if (Result<void> written = write_index(file); !written) return written;
  ++files_;
  return state_.close_file(position());
}

Result<void> WarcArchive::write_index(const std::string& file) {
  const std::string stem = file.substr(0, file.size() - std::string_view(".warc.gz").size());
  const std::string folder = files_options(options_, "").folder;
  Result<DraftFile> draft = DraftFile::create(folder + "/" + stem + ".cdxj", IfThere::kReplace);
  if (!draft) return draft.error();
  Output output(draft->fd(), options_.err_fd);
  Result<void> written = state_.for_each_line(
      [&output](std::string_view line) { return output.write_raw(std::string(line) + "\n"); });
  if (written && !output.flush()) written = Error{Errc::kClosed, 0, "the index was not written"};
  return written ? draft->finish() : written;
}

const std::string& WarcArchive::user_agent(int64_t run_id) {
  const auto known = user_agents_.find(run_id);
  if (known != user_agents_.end()) return known->second;
  if (user_agents_.size() >= kUserAgentsMax) user_agents_.clear();
  std::string& agent = user_agents_[run_id];
  Result<Statement> query = database_.prepare("SELECT options FROM run WHERE id = ?1");
  if (!query) return agent;
  query->bind(1, run_id);
  const Result<bool> row = query->step();
  if (!row || !*row) return agent;
  const Result<nlohmann::json> options = parse_json_object(query->text(0));
  if (!options) return agent;
  const auto named = string_member(*options, "user_agent");
  if (named && *named) agent = **named;
  return agent;
}

}  // namespace crawl
