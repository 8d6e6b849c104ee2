// SPDX-License-Identifier: MIT
#pragma once

// The parts of the page, from its top to its end.

#include <string>
#include <string_view>

#include "report/data.h"
#include "report/html.h"

namespace crawl {

void write_answer(Html& html, const Report& report);

// Charts.
void write_outcomes(Html& html, const Report& report);
void write_over_time(Html& html, const Report& report);
void write_status_by_host(Html& html, const Report& report);
void write_distributions(Html& html, const Report& report);
void write_depth(Html& html, const Report& report);

// Tables.
void write_broken_links(Html& html, const Report& report);
void write_changes(Html& html, const Report& report);
void write_copies(Html& html, const Report& report);
void write_extremes(Html& html, const Report& report);
void write_hosts(Html& html, const Report& report);
void write_runs(Html& html, const Report& report);
void write_events(Html& html, const Report& report);

// --- what they share

// Opens a section, whose heading has the id `id` + "-head". `title` is its heading.
void open_section(Html& html, Markup id, Markup title);
void close_section(Html& html);
// "…: not all could be read in 10 s …"; nothing where all was.
void write_coverage(Html& html, const Report& report, const Coverage& coverage, Markup what);

// "done", "running", "died", … of a run; `running`: whether the last one is under way.
std::string run_word(const RunInfo& run, bool running);
// How long it took; nullopt: nobody knows.
std::optional<int64_t> run_time_ms(const RunInfo& run, bool running, int64_t now_ms);

}  // namespace crawl
