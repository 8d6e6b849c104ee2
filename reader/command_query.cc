// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "base/columns.h"
#include "base/log.h"
#include "base/retry.h"
#include "base/suggest.h"
#include "reader/questions.h"
#include "reader/read_support.h"
#include "reader/row_printer.h"

namespace crawl {

namespace {

constexpr int64_t kRowsShown = 50;  // of a ready-made question, as a table
constexpr size_t kSqlBytesMax = 1 << 20;

ExitCode list_questions(const QueryOptions& options) {
  ShownText text;
  text.line("questions: crawl query NAME");
  for (const Question& question : kQuestions) {
    text.line(fmt::format("  {:<16} {}", question.name, question.answers));
  }
  text.line("");
  text.line("Any view has a name too: pages, urls, links, hosts, visits, runs, events, ...");
  text.line("or ask in SQL: crawl query \"SELECT url, title FROM pages WHERE status = 200\"");
  return print(options, text);
}

// kInvalid: too much.
Result<std::string> read_stdin() {
  std::string sql;
  char buffer[8192];
  for (;;) {
    const ssize_t n = uninterrupted([&] { return ::read(STDIN_FILENO, buffer, sizeof buffer); });
    if (n < 0) return errno_error("cannot read the SQL on stdin");
    if (n == 0) return sql;
    sql.append(buffer, static_cast<size_t>(n));
    if (sql.size() > kSqlBytesMax) return Error{Errc::kInvalid, 0, "the SQL on stdin is too long"};
  }
}

// The SQL of a question, or an exit code after a message.
struct Asked {
  std::string sql;
  bool by_name = false;
  ExitCode problem = ExitCode::kDone;
};

Asked named(const QueryOptions& options, Database& database) {
  const Result<std::vector<std::string>> names = question_names(database);
  if (!names) return {"", true, report_error(options, names.error())};
  const std::string view = view_of_question(options.question);
  const bool known = std::any_of(names->begin(), names->end(), [&](const std::string& name) {
    return view_of_question(name) == view;
  });
  if (known) return {"SELECT * FROM \"" + view + "\"", true};
  const bool ours = std::any_of(kQuestions.begin(), kQuestions.end(), [&](const Question& one) {
    return view_of_question(one.name) == view;
  });
  const std::optional<std::string> meant = nearest(options.question, *names);
  const std::string why =
      ours    ? "was not known to the crawl that wrote this database; its next run will add it"
      : meant ? "is no question; did you mean " + *meant + "?"
              : "is no question; crawl query lists them, or write SQL";
  return {"", true, report_line(options, ExitCode::kUsage, options.question + " " + why)};
}

Asked asked(const QueryOptions& options, Database& database) {
  if (options.question == "-") {
    Result<std::string> sql = read_stdin();
    if (!sql) return {"", false, report_error(options, sql.error())};
    return {std::move(*sql)};
  }
  if (is_question_name(options.question)) return named(options, database);
  return {options.question};
}

ExitCode sql_problem(const QueryOptions& options, const Database& database, const Error& error) {
  if (error.code == Errc::kUnsupported) {
    return report_line(options, ExitCode::kUsage,
                       "crawl query only reads: use sqlite3 for what this SQL does");
  }
  if (error.code != Errc::kInvalid) return report_error(options, error);
  std::string text = database.message() == "not an error" ? error.context : database.message();
  if (text.starts_with("no such table: ")) {
    text += " (crawl query lists what there is; docs/schema.md has the columns)";
  }
  return report_line(options, ExitCode::kUsage, text);
}

}  // namespace

ExitCode command_query(const QueryOptions& options) {
  if (options.question.empty()) return list_questions(options);
  Result<Database> database = Database::open_reader(options.database);
  if (!database) return report_error(options, database.error());
  const Asked question = asked(options, *database);
  if (question.problem != ExitCode::kDone) return question.problem;
  database->read_only_from_now_on();
  Result<Statement> statement = database->prepare(question.sql);
  if (!statement) return sql_problem(options, *database, statement.error());
  const auto wanted = static_cast<size_t>(statement->parameter_count());
  if (wanted != options.parameters.size()) {
    return report_line(options, ExitCode::kUsage,
                       "the SQL has " + counted(static_cast<int64_t>(wanted), "parameter") +
                           ", values given: " + std::to_string(options.parameters.size()));
  }
  for (size_t i = 0; i < wanted; ++i) {
    statement->bind(static_cast<int>(i + 1), std::string_view(options.parameters[i]));
  }
  const bool table = options.format == RowFormat::kTable;
  const bool few = question.by_name && table;
  const int64_t rows_max = options.rows_max != QueryOptions::kRowsUnset ? options.rows_max
                           : few                                        ? kRowsShown
                                                                        : 0;
  Output output(options.out_fd, options.err_fd);
  const int columns = isatty(options.out_fd) == 1 ? terminal_columns(options.out_fd) : 0;
  const auto printer = make_row_printer(options.format, *statement, output, columns);
  const Result<bool> more = print_rows(*statement, *printer, rows_max);
  if (!more) return sql_problem(options, *database, more.error());
  if (output.failed()) return ExitCode::kIo;
  if (*more && table) {
    complain(fmt::format("these are the first {} rows; --limit 0 prints all", rows_max),
             options.err_fd);
  }
  return ExitCode::kDone;
}

}  // namespace crawl
