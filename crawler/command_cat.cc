// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "crawler/read_support.h"
#include "storage/body.h"
#include "storage/queries.h"

namespace crawl {

namespace {

ExitCode write_body(const ReadOptions& options, const std::string& zstd) {
  ExitCode code = ExitCode::kDone;
  const Result<uint64_t> length = decode_body(zstd, [&](std::string_view piece) {
    code = print(options, piece);
    return code == ExitCode::kDone;
  });
  if (code != ExitCode::kDone || length) return code;
  return report_error(options, length.error());
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
  return options.text_only ? print(options, *wanted + "\n") : write_body(options, *wanted);
}

}  // namespace

ExitCode command_cat(const ReadOptions& options) {
  return for_each_url_asked(options, [&](Database& database, const Url& url, const std::string&) {
    return cat(options, database, url);
  });
}

}  // namespace crawl
