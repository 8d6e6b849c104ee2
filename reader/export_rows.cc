// SPDX-License-Identifier: MIT
// `crawl export jsonl` and `csv`: one object, or line, per page.
#include <fmt/format.h>

#include "reader/export_support.h"
#include "base/columns.h"
#include "reader/row_printer.h"
#include "storage/body_function.h"
#include "storage/snapshot.h"

namespace crawl {

namespace {

// From the tables, not the view: bodies have no column there, and an older database has older
// views.
std::string rows_sql(bool with_body) {
  const auto time = [](std::string_view column) {
    return fmt::format("strftime('%Y-%m-%dT%H:%M:%fZ', p.{0} / 1000.0, 'unixepoch') AS {0}",
                       column);
  };
  return fmt::format(
      "SELECT u.url, p.status, p.outcome, p.detail, "
      "(SELECT url FROM url WHERE id = p.redirect_id) AS redirect, p.content_type, p.charset, "
      "p.lang, p.title, p.description, p.author, p.canonical, "
      "(SELECT url FROM url WHERE id = p.canonical_id) AS duplicate_of, "
      "(SELECT url FROM url WHERE id = u.via_id) AS via, u.depth, "
      "(SELECT tag FROM seed WHERE id = u.seed_id) AS tag, p.bytes, {}, {}, {}, {}, "
      "CASE WHEN p.content_hash IS NOT NULL THEN printf('%016x', p.content_hash) END AS "
      "content_hash, p.etag, p.last_modified, p.robots_directives, p.metadata, c.text{} "
      "FROM page p CROSS JOIN url u ON u.id = p.url_id LEFT JOIN content c ON c.id = p.content_id",
      time("fetched_at"), time("changed_at"), time("published_at"), time("modified_at"),
      with_body ? ", body(c.zstd) AS body_base64" : "");
}

}  // namespace

ExitCode export_rows(const ExportOptions& options, Database& database, LongJob& job) {
  if (Result<void> added = add_body_function(database); !added) {
    return export_problem(options, added.error());
  }
  Result<std::unique_ptr<ExportFile>> file = ExportFile::create(options, options.output);
  if (!file) return export_problem(options, file.error());
  Result<Snapshot> snapshot = Snapshot::begin(database);
  if (!snapshot) return export_problem(options, snapshot.error());
  Result<Statement> query = database.prepare(rows_sql(options.body));
  if (!query) return export_problem(options, query.error());
  const RowFormat format =
      options.format == ExportFormat::kCsv ? RowFormat::kCsv : RowFormat::kJsonl;
  Output& output = (*file)->output();
  const auto printer = make_row_printer(format, *query, output, 0);
  int64_t rows = 0;
  Result<void> done = each_row(*query, job, [&] {
    ++rows;
    return printer->row(*query);
  });
  if (done && !printer->end()) done = Error{Errc::kClosed, 0, "the export was not written"};
  if (done) done = (*file)->finish();
  if (!done) return export_problem(options, done.error());
  return export_done(options, counted(rows, "page"), output.written());
}

}  // namespace crawl
