// SPDX-License-Identifier: MIT
#include "crawler/demo.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/escape.h"
#include "base/log.h"
#include "base/result.h"
#include "crawler/demo_server.h"
#include "reader/json_lines.h"
#include "crawler/part_commands.h"
#include "crawler/progress.h"
#include "crawler/run.h"
#include "storage/database.h"

namespace crawl {
namespace {

constexpr const char* kQuery = "SELECT status, outcome, title, url FROM pages ORDER BY url";

// A directory that is gone again when its owner is.
class TemporaryDirectory {
 public:
  static Result<std::unique_ptr<TemporaryDirectory>> create() {
    const char* folder = getenv("TMPDIR");
    std::string path =
        std::string(folder != nullptr && *folder == '/' ? folder : "/tmp") + "/crawl-demo-XXXXXX";
    if (mkdtemp(path.data()) == nullptr) return errno_error("make a temporary directory " + path);
    return std::unique_ptr<TemporaryDirectory>(new TemporaryDirectory(std::move(path)));
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

size_t characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

Result<ShownText> query_as_table(const std::string& database_path) {
  Result<Database> database = Database::open_reader(database_path);
  if (!database) return database.error();
  Result<Statement> statement = database->prepare(kQuery);
  if (!statement) return statement.error();
  std::vector<std::vector<std::string>> rows(1);
  const int columns = statement->column_count();
  for (int i = 0; i < columns; ++i) rows[0].emplace_back(statement->column_name(i));
  while (true) {
    Result<bool> row = statement->step();
    if (!row) return row.error();
    if (!*row) break;
    std::vector<std::string>& cells = rows.emplace_back();
    for (int i = 0; i < columns; ++i) cells.emplace_back(statement->text(i));
  }
  return aligned_table(rows, 60);
}

ExitCode fail(ExitCode code, const std::string& text) {
  complain(text);
  return code;
}

RunOptions run_options(const DemoOptions& options, uint16_t port, const std::string& database) {
  RunOptions run;
  run.seeds = {"http://127.0.0.1:" + std::to_string(port) + "/"};
  run.database = database;
  run.fetcher = options.fetcher;
  run.sitemaps = false;  // the site has none
  run.fetchers = options.fetchers;
  run.delay_ms = 0;
  // What a run says at its end names the database, which is of no use where it is temporary.
  run.quiet = options.quiet || options.database.empty();
  run.progress = false;
  return run;
}

ExitCode show_result(const std::string& database, bool kept) {
  Result<ShownText> table = query_as_table(database);
  if (!table) return fail(ExitCode::kIo, table.error().message());
  ShownText text;
  text.lines("\n" + std::string(kQuery) + ";\n\n");
  text += *table;
  text.line("");
  if (kept) {
    text.line("Ask more, with any SQLite client or crawl itself:");
    text.line("  sqlite3 " + database + " 'SELECT src, dst, anchor FROM links'");
    text.line("  sqlite3 " + database + " 'SELECT url, state, outcome, reason FROM urls'");
    text.line("  crawl status -d " + database);
  } else {
    text.lines(
        "The page at /staff/rota.html is missing because robots.txt asks so: the table urls has "
        "it.\n"
        "To ask more, keep the database: crawl demo -d demo.db, then\n"
        "  sqlite3 demo.db 'SELECT url, state, outcome, reason FROM urls'\n"
        "  sqlite3 demo.db 'SELECT src, dst, anchor FROM links'\n");
  }
  Output output;
  output.write(text);
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

}  // namespace

ShownText aligned_table(const std::vector<std::vector<std::string>>& rows, size_t cell_max) {
  std::vector<std::vector<std::string>> shown = rows;
  std::vector<size_t> widths;
  for (std::vector<std::string>& row : shown) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      row[i] = fit_columns(escape_for_terminal(row[i]), static_cast<int>(cell_max));
      widths[i] = std::max(widths[i], characters(row[i]));
    }
  }
  ShownText text;
  for (const std::vector<std::string>& row : shown) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - characters(row[i]) + 2, ' ');
    }
    text.line(line);
  }
  return text;
}

ExitCode command_demo(const DemoOptions& options) {
  std::unique_ptr<TemporaryDirectory> temporary;
  std::string database = options.database;
  if (database.empty()) {
    Result<std::unique_ptr<TemporaryDirectory>> made = TemporaryDirectory::create();
    if (!made) return fail(ExitCode::kCannotCreate, made.error().message());
    temporary = std::move(*made);
    database = temporary->path() + "/demo.db";
  } else if (struct stat status{}; lstat(database.c_str(), &status) == 0) {
    // The site has another port each time; two demonstrations in one database would confuse.
    return fail(ExitCode::kCannotCreate, database + " exists already; name a new file with -d");
  }
  Result<std::unique_ptr<DemoServer>> server = DemoServer::start();
  if (!server) return fail(ExitCode::kIo, server.error().message());
  const RunOptions run = run_options(options, (*server)->port(), database);
  if (!options.quiet) {
    complain("demo: this process serves a small site at " + run.seeds[0] + "; crawling it");
  }
  const ExitCode code = run_crawl(run);
  if (code != ExitCode::kDone) return code;
  return show_result(database, temporary == nullptr);
}

}  // namespace crawl
