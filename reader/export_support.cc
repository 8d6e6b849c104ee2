// SPDX-License-Identifier: MIT
#include "reader/export_support.h"

#include <fmt/format.h>

#include "base/escape.h"
#include "base/units.h"

namespace crawl {

Result<std::unique_ptr<ExportFile>> ExportFile::create(const ExportOptions& options,
                                                       const std::string& path) {
  std::optional<DraftFile> draft;
  if (!path.empty()) {
    Result<DraftFile> made = DraftFile::create(path, options.if_there);
    if (!made) return made.error();
    draft.emplace(std::move(*made));
  }
  return std::unique_ptr<ExportFile>(new ExportFile(options, std::move(draft)));
}

ExportFile::ExportFile(const ExportOptions& options, std::optional<DraftFile> draft)
    : draft_(std::move(draft)), output_(draft_ ? draft_->fd() : options.out_fd, options.err_fd) {}

bool ExportFile::write(std::string_view bytes) {
  bytes_ += bytes.size();
  return output_.write_raw(bytes);
}

Result<void> ExportFile::finish() {
  if (!output_.flush()) return Error{Errc::kClosed, 0, "the export was not written"};
  return draft_ ? draft_->finish() : Result<void>();
}

Result<void> each_row(Statement& query, LongJob& job, const std::function<bool()>& visit) {
  for (int64_t rows = 0;; ++rows) {
    const Result<bool> row = query.step();
    if (!row) return row.error();
    if (!*row) return {};
    if (!visit() || !job.go_on(rows, 0)) return Error{Errc::kClosed, 0, "it was given up"};
  }
}

ExitCode export_problem(const ExportOptions& options, const Error& error) {
  if (LongJob::interrupted()) return static_cast<ExitCode>(LongJob::exit_code());
  if (error.code == Errc::kClosed) return ExitCode::kIo;
  if (error.code == Errc::kExists && error.sys_errno == EEXIST) {
    return report_line(options, ExitCode::kCannotCreate,
                       error.context + " is there already; --replace writes over it");
  }
  if (error.code == Errc::kBusy) return report_line(options, ExitCode::kBusy, error.message());
  if (error.code == Errc::kUnsupported) {
    return report_line(options, ExitCode::kUsage, error.message());
  }
  if (is_about_creating(error)) {
    return report_line(options, ExitCode::kCannotCreate, error.message());
  }
  return report_error(options, error);
}

ExitCode export_done(const ExportOptions& options, std::string_view counted, uint64_t bytes) {
  if (options.quiet || options.output.empty()) return ExitCode::kDone;
  ShownText text;
  text.line(fmt::format("{}: {}, {}", options.output, counted, format_bytes(bytes)));
  return print(options, text);
}

std::string xml_text(std::string_view text) {
  std::string escaped = escape_for_html(text);
  // XML 1.0 §2.2: the two characters of Unicode's first plane that may not even be referred to.
  for (const std::string_view refused : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (size_t at = escaped.find(refused); at != std::string::npos; at = escaped.find(refused)) {
      escaped.replace(at, refused.size(), "\xEF\xBF\xBD");
    }
  }
  return escaped;
}

}  // namespace crawl
