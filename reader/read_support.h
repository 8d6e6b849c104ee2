// SPDX-License-Identifier: MIT
#pragma once

// What the reading commands share.

#include <functional>
#include <string>
#include <string_view>

#include "base/shown_text.h"
#include "reader/commands.h"
#include "storage/database.h"
#include "web/url.h"

namespace crawl {

// "crawl: …" on options.err_fd; returns the exit code for the error.
ExitCode report_error(const ReadOptions& options, const Error& error);
ExitCode report_line(const ReadOptions& options, ExitCode code, std::string_view text);

// Writes to options.out_fd; kIo when that fails (a full disk, a closed pipe).
ExitCode print(const ReadOptions& options, const ShownText& text);

// A URL as somebody types it, and what this crawl knows it as. kInvalid: it is none.
struct AskedUrl {
  Url url;             // canonical
  std::string stored;  // the name of its row: another one where a URL is too long to be kept
};
Result<AskedUrl> asked_url(const std::string& text);

// Opens the database and calls `answer` for each URL of the options, in its canonical form, with
// the name that its row has: that is the same but for URLs that are too long to be kept
// (web/url.h). The first exit code that is not kDone is returned, after all URLs have had their
// answer.
ExitCode for_each_url_asked(const ReadOptions& options,
                            const std::function<ExitCode(Database& database, const Url& url,
                                                         const std::string& stored)>& answer);

// " -d PATH" unless it is the default, for hints on what to type.
std::string database_option(const ReadOptions& options);

}  // namespace crawl
