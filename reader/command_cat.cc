// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include "reader/json_lines.h"
#include "reader/read_support.h"
#include "storage/body.h"
#include "storage/queries.h"

namespace crawl {

namespace {

// For a program: the bytes as they are.
ExitCode write_bytes(const ReadOptions& options, const std::string& zstd) {
  Output output(options.out_fd, options.err_fd);
  const Result<uint64_t> length =
      decode_body(zstd, [&](std::string_view piece) { return output.write_raw(piece); });
  if (!output.flush()) return ExitCode::kIo;
  return length ? ExitCode::kDone : report_error(options, length.error());
}

// For a terminal, which the bytes of a stranger could command: text, escaped.
ExitCode show_body(const ReadOptions& options, const std::string& zstd, const Url& url) {
  std::string body;
  const Result<uint64_t> length = decode_body(zstd, [&](std::string_view piece) {
    body += piece;
    return true;
  });
  if (!length) return report_error(options, length.error());
  if (body.find('\0') != std::string::npos) {
    return report_line(options, ExitCode::kUsage,
                       fmt::format("the body of {} is no text: write it to a file, crawl cat{} "
                                   "'{}' > FILE",
                                   url.href(), database_option(options), url.href()));
  }
  ShownText text;
  text.lines(body);
  return print(options, text);
}

ExitCode write_text(const ReadOptions& options, const std::string& text) {
  if (isatty(options.out_fd) == 1) {
    ShownText shown;
    shown.lines(text);
    return print(options, shown);
  }
  Output output(options.out_fd, options.err_fd);
  output.write_raw(text + "\n");
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

ExitCode no_version(const ReadOptions& options, const StoredContent& stored, const Url& url) {
  const std::string text =
      stored.run_id == 0
          ? fmt::format("run {} and those before it had not stored {} yet", options.run, url.href())
          : fmt::format(
                "the version of {} that run {} stored is not kept any more; "
                "--keep-versions keeps more than one",
                url.href(), stored.run_id);
  return report_line(options, ExitCode::kNoInput, text);
}

ExitCode cat(const ReadOptions& options, Database& database, const Url& url) {
  const std::optional<int64_t> run =
      options.run == 0 ? std::nullopt : std::optional<int64_t>(options.run);
  Result<std::optional<StoredContent>> content = read_content(database, url.href(), run);
  if (!content) return report_error(options, content.error());
  if (!*content) {
    return report_line(options, ExitCode::kNoInput,
                       fmt::format("{} was never seen by this crawl", url.href()));
  }
  const StoredContent& stored = **content;
  if (run && (stored.run_id == 0 || !stored.kept)) return no_version(options, stored, url);
  const std::optional<std::string>& wanted = options.text_only ? stored.text : stored.zstd;
  if (!wanted) {
    return report_line(
        options, ExitCode::kNoInput,
        fmt::format("no {} of {} is stored ({}); ask: crawl why{} '{}'",
                    options.text_only ? "text" : "body", url.href(),
                    stored.outcome.empty() ? "not fetched" : "outcome " + stored.outcome,
                    database_option(options), url.href()));
  }
  if (options.text_only) return write_text(options, *wanted);
  return isatty(options.out_fd) == 1 ? show_body(options, *wanted, url)
                                     : write_bytes(options, *wanted);
}

}  // namespace

ExitCode command_cat(const ReadOptions& options) {
  return for_each_url_asked(options, [&](Database& database, const Url& url, const std::string&) {
    return cat(options, database, url);
  });
}

}  // namespace crawl
