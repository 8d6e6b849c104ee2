// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/clock.h"
#include "base/columns.h"
#include "base/long_job.h"
#include "reader/hit_printer.h"
#include "reader/read_support.h"
#include "storage/preflight.h"
#include "storage/query_budget.h"
#include "storage/rows.h"
#include "storage/search.h"
#include "storage/search_index.h"

namespace crawl {

namespace {

// What is told beside the hits.
void remark(const SearchOptions& options, std::string_view text) {
  if (!options.quiet) report_line(options, ExitCode::kDone, text);
}

// The directory, or the file, or the whole file system may not be written.
bool is_read_only(const Error& error) {
  return error.sys_errno == EACCES || error.sys_errno == EROFS || error.sys_errno == EPERM;
}

bool cannot_create(const Error& error) {
  return error.code == Errc::kExists || is_read_only(error) || error.sys_errno == ENOTDIR ||
         (error.code == Errc::kIo && error.sys_errno == ENOENT);
}

Result<SearchFile> index_as_it_is(Database& crawl, const std::string& path) {
  const Result<uint64_t> seed = fingerprint_seed(crawl);
  if (!seed) return seed.error();
  return SearchFile::open_reader(path, static_cast<int64_t>(*seed));
}

// Where --index names a file, it must be none that the database needs.
Result<void> index_place(const SearchOptions& options, const std::string& path,
                         const std::string& beside) {
  std::error_code unknown;
  const std::filesystem::path named = std::filesystem::absolute(path, unknown);
  if (std::filesystem::weakly_canonical(named, unknown) == beside) return {};
  return refuse_as_output(options.database, path);
}

// The index to search, or an error; with a remark where it could not be brought up to date.
Result<SearchFile> ready_index(const SearchOptions& options, Database& crawl,
                               const std::string& path) {
  Error problem;
  if (options.update || options.only_update) {
    LongJob job("search index", options.err_fd, options.quiet);
    Result<SearchFile> index = updated_index(
        crawl, path, [&job](int64_t done, int64_t total) { return job.go_on(done, total); });
    if (index || options.only_update || !is_read_only(index.error())) return index;
    problem = index.error();
  }
  Result<SearchFile> index = index_as_it_is(crawl, path);
  if (!index && index.error().code == Errc::kNotFound && problem.context.empty()) {
    return Error{Errc::kNotFound, 0,
                 "there is no search index yet: search without --no-update makes " + path};
  }
  if (!index && !problem.context.empty()) {
    return Error{
        problem.code, problem.sys_errno,
        "no search index can be made here (--index FILE names another place): " + problem.context};
  }
  if (!index) return index;
  const Result<SearchState> state = index->read_state();
  if (!state) return state.error();
  remark(options, fmt::format("the search index is of {}{}{}", iso8601_utc(state->updated_at),
                              state->is_whole ? "" : ", and does not have all pages yet",
                              problem.context.empty() ? "" : " and cannot be written here"));
  return index;
}

ExitCode problem_with_index(const SearchOptions& options, const Error& error) {
  switch (error.code) {
    case Errc::kClosed:
      remark(options, "interrupted; what was read is kept, and the next search goes on with it");
      return static_cast<ExitCode>(LongJob::exit_code());
    case Errc::kBusy:
      return report_line(options, ExitCode::kBusy, error.message());
    default:
      if (!cannot_create(error)) return report_error(options, error);
      return report_line(options, ExitCode::kCannotCreate, error.message());
  }
}

void tell_count(const SearchOptions& options, const SearchAnswer& answer) {
  const auto shown = static_cast<int64_t>(answer.hits.size());
  std::string line = counted(answer.pages, "page");
  if (answer.more || options.offset > 0) {
    line = fmt::format("{} to {} of {}", group_digits(options.offset + 1),
                       group_digits(options.offset + shown), line);
  }
  if (answer.more) line += fmt::format("; more: --offset {}", options.offset + shown);
  remark(options, line);
}

ExitCode nothing_found(const SearchOptions& options, SearchFile& index,
                       const SearchAnswer& answer) {
  const Result<SearchState> state = index.read_state();
  if (!state) return report_error(options, state.error());
  std::string line = fmt::format("no page has that; {} were searched", group_digits(state->pages));
  if (state->pages == 0) line = "there is nothing to search yet: no page with a text is stored";
  if (answer.pages > 0) line = fmt::format("that is beyond the last of {}", answer.pages);
  remark(options, line);
  return ExitCode::kNoInput;
}

ExitCode show(const SearchOptions& options, SearchFile& index, const SearchAnswer& answer) {
  Output output(options.out_fd, options.err_fd);
  print_hits(answer.hits, options.format, output, options.out_fd);
  if (!output.flush()) return ExitCode::kIo;
  if (answer.hits.empty()) return nothing_found(options, index, answer);
  if (options.format == RowFormat::kTable) tell_count(options, answer);
  return ExitCode::kDone;
}

}  // namespace

ExitCode command_search(const SearchOptions& options) {
  SearchRequest request;
  request.limit = options.limit;
  request.offset = options.offset;
  if (!options.only_update) {
    Result<SearchQuery> query = parse_search_query(options.words);
    if (!query) return report_line(options, ExitCode::kUsage, query.error().message());
    request.query = std::move(*query);
  }
  Result<Database> crawl = Database::open_reader(options.database);
  if (!crawl) return report_error(options, crawl.error());
  const std::string path = options.index.empty() ? SearchFile::path_beside(*crawl) : options.index;
  if (Result<void> free = index_place(options, path, SearchFile::path_beside(*crawl)); !free) {
    return problem_with_index(options, free.error());
  }
  // Twice, as what is damaged may show only when it is read.
  for (int attempt = 0;; ++attempt) {
    Result<SearchFile> index = ready_index(options, *crawl, path);
    if (!index) return problem_with_index(options, index.error());
    if (options.only_update) return ExitCode::kDone;
    const QueryBudget interruptible(index->database(), &LongJob::interrupted);
    const Result<SearchAnswer> answer = search(*crawl, *index, request);
    if (answer) return show(options, *index, *answer);
    if (answer.error().code == Errc::kInvalid) {
      return report_line(options, ExitCode::kUsage, answer.error().message());
    }
    if (LongJob::interrupted()) return static_cast<ExitCode>(LongJob::exit_code());
    const bool again =
        attempt == 0 && options.update && SearchFile::remove_if_damaged(path, answer.error());
    if (!again) return problem_with_index(options, answer.error());
    remark(options, "the search index is damaged, and is made anew");
  }
}

}  // namespace crawl
