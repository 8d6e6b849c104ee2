// SPDX-License-Identifier: MIT
#include "reader/read_support.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/long_job.h"
#include "reader/json_lines.h"

namespace crawl {

ExitCode report_line(const ReadOptions& options, ExitCode code, std::string_view text) {
  complain(text, options.err_fd);
  return code;
}

ExitCode report_error(const ReadOptions& options, const Error& error) {
  const ExitCode code = error.code == Errc::kNotFound ? ExitCode::kNoInput : ExitCode::kIo;
  return report_line(options, code, error.message());
}

ExitCode print(const ReadOptions& options, const ShownText& text) {
  LongJob::make_way();
  Output output(options.out_fd, options.err_fd);
  output.write(text);
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

namespace {

std::string stored_name(const std::string& text, const std::string& href) {
  if (is_shortened_url(text)) return text;
  return href.size() > kUrlBytesMax ? shortened_url(href) : href;
}

}  // namespace

Result<AskedUrl> asked_url(const std::string& text) {
  const Result<Url> url = Url::parse(text);
  // "tel:1" may have been a link; "example.com:1" was none.
  const bool bare =
      !url || url->scheme() == "localhost" || url->scheme().find('.') != std::string_view::npos;
  if (bare && !has_scheme(text) && Url::parse("https://" + text)) {
    return Error{Errc::kInvalid, 0,
                 fmt::format("{0} has no scheme: write https://{0} or http://{0}", text)};
  }
  if (!url) {
    return Error{Errc::kInvalid, 0,
                 fmt::format("{} is not a URL: {}", text, url.error().message())};
  }
  const Url canonical = url->canonical();
  return AskedUrl{canonical, stored_name(text, canonical.href())};
}

ExitCode for_each_url_asked(const ReadOptions& options,
                            const std::function<ExitCode(Database& database, const Url& url,
                                                         const std::string& stored)>& answer) {
  if (options.urls.empty()) return report_line(options, ExitCode::kUsage, "which URL?");
  Result<Database> database = Database::open_reader(options.database);
  if (!database) return report_error(options, database.error());
  ExitCode first = ExitCode::kDone;
  for (const std::string& text : options.urls) {
    const Result<AskedUrl> asked = asked_url(text);
    const ExitCode code = asked ? answer(*database, asked->url, asked->stored)
                                : report_line(options, ExitCode::kUsage, asked.error().message());
    if (first == ExitCode::kDone) first = code;
  }
  return first;
}

std::string database_option(const ReadOptions& options) {
  return options.database == ReadOptions{}.database ? "" : " -d " + options.database;
}

}  // namespace crawl
