// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/columns.h"
#include "base/units.h"
#include "reader/read_support.h"
#include "reader/status_view.h"

namespace crawl {

namespace {

// --- for monitoring: one line, and an exit code as monitoring plugins have it

enum class Health { kOk = 0, kWarning = 1, kCritical = 2, kUnknown = 3 };

struct Verdict {
  Health health = Health::kOk;
  std::string text;
};

constexpr int64_t kAgeMaxMs = 36 * 3'600'000;  // of what runs every night

Verdict judge(const StatusView& view, int64_t now_ms, int64_t age_max_ms) {
  const auto& [answer, holder, running, live] = view;
  if (!answer.last_run) return {Health::kWarning, "no run yet"};
  const RunInfo& run = *answer.last_run;
  const int64_t pending = count_of(answer.states, name(UrlState::kPending));
  const int64_t age_ms = std::max<int64_t>(0, now_ms - run.ended_at.value_or(run.started_at));
  std::string text = fmt::format("run {} ", run.id);
  const std::string word = run_state(view);
  text += running ? fmt::format("running for {}", format_duration_ms(age_ms))
                  : fmt::format("{} {} ago", word == "died" ? word : "ended (" + word + ")",
                                format_duration_ms(age_ms));
  text += ", " + counted(run.pages, "page") + ", " + group_digits(pending) + " pending";
  for (const Count& trouble : answer.troubles) {
    text += fmt::format(", {} {}", trouble.count, trouble.name);
  }
  const bool failed = word == "died" || word == "failed" || word == "disk_full" ||
                      word == "network_gone" || word == "unreachable";
  if (failed && !running) return {Health::kCritical, text};
  if (age_ms > age_max_ms) {
    return {Health::kCritical,
            text + fmt::format(" (older than {}, --max-age)", format_duration_ms(age_max_ms))};
  }
  const bool warn = !answer.troubles.empty() || word == "interrupted" || word == "copied";
  return {warn ? Health::kWarning : Health::kOk, text};
}

ExitCode tell_health(const StatusOptions& options, const Verdict& verdict) {
  constexpr const char* kWords[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  ShownText text;
  text.line(fmt::format("{}: {}", kWords[static_cast<size_t>(verdict.health)], verdict.text));
  const ExitCode printed = print(options, text);
  return printed != ExitCode::kDone ? printed : static_cast<ExitCode>(verdict.health);
}

}  // namespace

ExitCode command_status(const StatusOptions& options) {
  Result<Database> database = Database::open_reader(options.database);
  if (!database) {
    return options.check ? tell_health(options, {Health::kUnknown, database.error().message()})
                         : report_error(options, database.error());
  }
  Result<StatusView> view = read_status_view(*database, options.database, !options.check);
  if (!view && options.check) {
    return tell_health(options, {Health::kUnknown, view.error().message()});
  }
  if (!view) return report_error(options, view.error());
  const int64_t now = SystemClock().wall_ms();
  const int64_t age_max_ms = options.age_max_ms > 0 ? options.age_max_ms : kAgeMaxMs;
  if (options.check) return tell_health(options, judge(*view, now, age_max_ms));
  return print(options,
               options.json ? status_json(options, *view) : status_text(options, *view, now));
}

}  // namespace crawl
