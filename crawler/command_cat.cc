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

ExitCode cat(const ReadOptions& options, Database& database, const Url& url) {
  Result<std::optional<StoredContent>> content = read_content(database, url.href());
  if (!content) return report_error(options, content.error());
  if (!*content) {
    return report_line(options, ExitCode::kNoInput,
                       fmt::format("{} was never seen by this crawl", url.href()));
  }
  const StoredContent& stored = **content;
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
  return for_each_url_asked(
      options, [&](Database& database, const Url& url) { return cat(options, database, url); });
}

}  // namespace crawl
