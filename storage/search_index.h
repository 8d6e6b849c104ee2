// SPDX-License-Identifier: MIT
#pragma once

// Brings the full text index up to date with the crawl, also while that is under way: the first
// time page by page, then by the visits since. In transactions of a second or two, each of which
// records how far it has come: what is interrupted goes on from there, and two at once take turns.

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "storage/database.h"
#include "storage/search_file.h"

namespace crawl {

// What was read of the crawl so far, and about how much there is; false: stop, in good order.
using SearchProgress = std::function<bool(int64_t done, int64_t total)>;

// Nothing to do is found out without writing, in some 0.1 ms. kClosed: stopped by `go_on`. kFull:
// the disk is, or little would be left on it for a crawl. kBusy: another process has been in the
// way for a minute without getting on. kCorrupt: see SearchFile::remove_if_damaged().
Result<void> catch_up(Database& crawl, SearchFile& index, const SearchProgress& go_on);

// Opens the index at `path`, or makes it, and catches up. A damaged one is made anew, and so is one
// in which more rows are dead than not: in a file of its own, which then takes the place of the
// old.
Result<SearchFile> updated_index(Database& crawl, const std::string& path,
                                 const SearchProgress& go_on);

}  // namespace crawl
