// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <csignal>
#include <cstdlib>
#include <new>

#include "base/log.h"
#include "base/out_of_memory.h"
#include "crawler/command_line.h"
#include "reader/json_lines.h"
#include "crawler/run.h"
#include "crawler/version.h"

namespace crawl {
namespace {

ExitCode print(const std::string& lines) {
  ShownText text;
  text.lines(lines);
  Output output;
  output.write(text);
  return output.flush() ? ExitCode::kDone : ExitCode::kIo;
}

struct Dispatch {
  ExitCode operator()(const RunOptions& options) const { return run_crawl(options); }
  ExitCode operator()(const StatusOptions& options) const { return command_status(options); }
  ExitCode operator()(const WhyOptions& options) const { return command_why(options); }
  ExitCode operator()(const CatOptions& options) const { return command_cat(options); }
  ExitCode operator()(const QueryOptions& options) const { return command_query(options); }
  ExitCode operator()(const SearchOptions& options) const { return command_search(options); }
  ExitCode operator()(const ReportOptions& options) const { return command_report(options); }
  ExitCode operator()(const BackupOptions& options) const { return command_backup(options); }
  ExitCode operator()(const ImportOptions& options) const { return command_import(options); }
  ExitCode operator()(const ExportOptions& options) const { return command_export(options); }
  ExitCode operator()(const CheckOptions& options) const { return command_check(options); }
  ExitCode operator()(const PruneOptions& options) const { return command_prune(options); }
  ExitCode operator()(const ServeOptions& options) const { return command_serve(options); }
  ExitCode operator()(const UrlOptions& options) const { return command_url(options); }
  ExitCode operator()(const RobotsOptions& options) const { return command_robots(options); }
  ExitCode operator()(const ParseOptions& options) const { return command_parse(options); }
  ExitCode operator()(const DemoOptions& options) const { return command_demo(options); }
  ExitCode operator()(const ShowText& show) const { return print(show.text); }
  ExitCode operator()(const ShowVersion& /*show*/) const { return print(version_text()); }
  ExitCode operator()(const UsageError& error) const {
    complain(error.message);
    return error.code;
  }
};

// A standard descriptor that is closed would be taken by the next file that is opened, a lock or a
// seeds file, and lines meant for the terminal would go there. These can be neither read nor
// written, as if they were still closed.
void fill_standard_descriptors() {
  for (const int fd : {0, 1, 2}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest that is free: `fd`. It stays open for good.
    if (open("/dev/null", (fd == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC) != fd) return;
  }
}

}  // namespace
}  // namespace crawl

// Before the variables of libraries are made, which takes memory too.
[[gnu::constructor(101)]] static void prepare_for_no_memory() {
  std::set_new_handler(crawl::out_of_memory);
}

int main(int argc, char** argv) {
  crawl::fill_standard_descriptors();
  // A reader of stdout that goes away is seen where it is written to.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // so is a limit of a file's size
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  const std::string user_config =
      crawl::user_config_path(getenv("XDG_CONFIG_HOME"), getenv("HOME"));
  const crawl::CommandLine command =
      crawl::parse_command_line(words, {crawl::kSystemConfigPath, user_config});
  return static_cast<int>(std::visit(crawl::Dispatch{}, command));
}
