// SPDX-License-Identifier: MIT
#include "crawler/part_commands.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "base/log.h"
#include "base/result.h"
#include "crawler/demo_server.h"
#include "crawler/progress.h"
#include "crawler/run.h"
#include "reader/row_printer.h"
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

Result<void> print_query(const std::string& database_path, Output& output) {
  Result<Database> database = Database::open_reader(database_path);
  if (!database) return database.error();
  Result<Statement> statement = database->prepare(kQuery);
  if (!statement) return statement.error();
  const auto printer = make_row_printer(RowFormat::kTable, *statement, output, 0);
  const Result<bool> printed = print_rows(*statement, *printer, 0);
  if (!printed) return printed.error();
  return {};
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
  Output output;
  ShownText text;
  text.lines("\n" + std::string(kQuery) + ";\n\n");
  output.write(text);
  if (Result<void> printed = print_query(database, output); !printed) {
    return fail(ExitCode::kIo, printed.error().message());
  }
  ShownText more;
  more.line("");
  if (!kept) {
    more.lines(
        "The page at /staff/rota.html is missing because robots.txt asks so: the table urls has "
        "it.\n"
        "To ask more, keep the database: crawl demo -d demo.db, then\n");
  } else {
    more.line("Ask more, with crawl itself or any SQLite client:");
  }
  const std::string named = kept ? database : "demo.db";
  more.line("  crawl query -d " + named + " broken-links");
  more.line("  crawl query -d " + named + " 'SELECT url, state, outcome, reason FROM urls'");
  more.line("  sqlite3 " + named + " 'SELECT src, dst, anchor FROM links'");
  more.line("  crawl status -d " + named);
  output.write(more);
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

}  // namespace

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
  if (static_cast<int>(code) > 128 && temporary == nullptr) {
    complain("a demonstration is not resumed, its site has gone: begin another with a new file");
  }
  if (code != ExitCode::kDone) return code;
  return show_result(database, temporary == nullptr);
}

}  // namespace crawl
