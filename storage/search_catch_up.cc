// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/units.h"
#include "storage/preflight.h"
#include "storage/rows.h"
#include "storage/search_index.h"
#include "storage/search_page.h"
#include "storage/snapshot.h"
#include "web/search_query.h"

namespace crawl {

namespace {

// One transaction: so much is lost at most when the process is killed, and so long does a crawl's
// log wait to be copied back.
constexpr int64_t kStepMs = 2'000;
constexpr size_t kStepBytes = size_t{64} << 20;
constexpr int64_t kScanRows = 5'000;     // pages of a first reading
constexpr int64_t kVisitRange = 50'000;  // numbers of visits
constexpr int64_t kBusyMs = 60'000;      // another process gets nowhere

// More than a crawl keeps for itself (storage/database_disk.cc), so that it is not us who stop it.
constexpr uint64_t kFreeBytes = uint64_t{256} << 20;

Result<void> check_room(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(parent_directory(path).c_str(), &info) != 0) return {};
  const uint64_t size = uint64_t{info.f_blocks} * info.f_frsize;
  const uint64_t free = uint64_t{info.f_bavail} * info.f_frsize;
  if (free >= std::min(kFreeBytes, size / 4)) return {};
  return Error{Errc::kFull, 0,
               fmt::format("the search index is not written: {} free, and a crawl needs some; "
                           "--no-update searches what there is",
                           format_bytes(free))};
}

class Indexer {
 public:
  static Result<Indexer> create(Database& crawl, SearchFile& index, const SearchProgress& go_on) {
    Result<SearchPageReader> pages = SearchPageReader::create(crawl);
    if (!pages) return pages.error();
    Indexer indexer(crawl, index, go_on, std::move(*pages));
    for (const auto& [statement, sql] :
         {std::pair{&indexer.find_, "SELECT id, digest FROM doc WHERE url_id = ?1"},
          {&indexer.remove_, "DELETE FROM doc WHERE id = ?1"},
          {&indexer.insert_,
           "INSERT INTO doc(id, url_id, digest, text_hash) VALUES(?1, ?2, ?3, ?4)"},
          {&indexer.words_,
           "INSERT INTO words(rowid, title, url, description, main, rest, site) "
           "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"}}) {
      Result<Statement> prepared = index.database().prepare(sql);
      if (!prepared) return prepared.error();
      *statement = std::move(*prepared);
    }
    return indexer;
  }

  // True: nothing is left to read.
  Result<bool> is_current() {
    Result<SearchState> state = index_.read_state();
    if (!state) return state.error();
    state_ = *state;
    const Result<int64_t> last = read_number(crawl_, "SELECT max(id) FROM visit");
    if (!last) return last.error();
    total_visits_ = *last;
    if (state_.is_whole) return state_.visit_id == *last;
    const Result<int64_t> last_url = read_number(crawl_, "SELECT max(url_id) FROM page");
    if (!last_url) return last_url.error();
    total_urls_ = *last_url;
    return false;
  }

  // The same after one more transaction. kBusy: another process is at it.
  Result<bool> step() {
    if (Result<void> room = check_room(index_.path()); !room) return room.error();
    const Result<bool> begun = index_.begin();
    if (!begun) return begun.error();
    if (!*begun) return Error{Errc::kBusy, 0, "another process is writing " + index_.path()};
    Result<bool> done = read_some();
    if (done) {
      state_.updated_at = clock_.wall_ms();
      Result<void> kept = index_.write_state(state_);
      if (kept) kept = index_.commit();
      if (!kept) done = kept.error();
    }
    if (!done) index_.roll_back();
    return done;
  }

  bool stopped() const { return stopped_; }
  const SearchState& state() const { return state_; }
  bool report() {
    stopped_ = state_.is_whole ? !go_on_(state_.visit_id, total_visits_)
                               : !go_on_(state_.scanned_url, std::max<int64_t>(1, total_urls_));
    return !stopped_;
  }

 private:
  Indexer(Database& crawl, SearchFile& index, const SearchProgress& go_on, SearchPageReader pages)
      : crawl_(crawl), index_(index), go_on_(go_on), pages_(std::move(pages)) {}

  Result<bool> read_some() {
    const Result<Snapshot> snapshot = Snapshot::begin(crawl_);
    if (!snapshot) return snapshot.error();
    // What another process has done meanwhile counts.
    Result<bool> current = is_current();
    if (!current || *current) return current;
    began_ms_ = clock_.monotonic_ms();
    bytes_ = 0;
    if (state_.scanned_url == 0 && !state_.is_whole && state_.visit_id == 0) {
      if (Result<void> done = pass_visit(total_visits_); !done) return done.error();
    }
    const Result<void> done = state_.is_whole ? read_visits() : read_pages();
    if (!done) return done.error();
    return state_.is_whole && state_.visit_id == total_visits_;
  }

  // All that are there, by their numbers: what changes meanwhile has a later visit.
  Result<void> read_pages() {
    Result<Statement> query =
        crawl_.prepare("SELECT url_id FROM page WHERE url_id > ?1 ORDER BY url_id LIMIT ?2");
    if (!query) return query.error();
    query->bind(1, state_.scanned_url);
    query->bind(2, kScanRows);
    int64_t rows = 0;
    for (;; ++rows) {
      const Result<bool> row = query->step();
      if (!row) return row.error();
      if (!*row) break;
      const int64_t url_id = query->integer(0);
      if (Result<void> done = read_page(url_id); !done) return done;
      state_.scanned_url = url_id;
      if (!may_go_on()) return {};
    }
    if (rows < kScanRows) state_.is_whole = true;
    return {};
  }

  // A visit without a change may have brought other directives; one that was answered with a 304,
  // or failed, brought nothing.
  Result<void> read_visits() {
    Result<Statement> query = crawl_.prepare(
        "SELECT id, url_id FROM visit WHERE id > ?1 AND id <= ?2 AND "
        "(change IS NOT NULL OR outcome IN ('ok', 'too_large')) ORDER BY id");
    if (!query) return query.error();
    const int64_t last = std::min(total_visits_, state_.visit_id + kVisitRange);
    query->bind(1, state_.visit_id);
    query->bind(2, last);
    for (;;) {
      const Result<bool> row = query->step();
      if (!row) return row.error();
      if (!*row) return pass_visit(last);
      const int64_t visit_id = query->integer(0);
      if (Result<void> done = read_page(query->integer(1)); !done) return done;
      if (!may_go_on()) return pass_visit(visit_id);
    }
  }

  bool may_go_on() {
    return report() && bytes_ < kStepBytes && clock_.monotonic_ms() - began_ms_ < kStepMs;
  }

  Result<void> pass_visit(int64_t id) {
    state_.visit_id = id;
    Result<Statement> query = crawl_.prepare("SELECT url_id, at FROM visit WHERE id = ?1");
    if (!query) return query.error();
    query->bind(1, id);
    const Result<bool> row = query->step();
    if (!row) return row.error();
    state_.visit_url = *row ? query->integer(0) : 0;
    state_.visit_at = *row ? query->integer(1) : 0;
    return {};
  }

  // Brings the index to what the page is now.
  Result<void> read_page(int64_t url_id) {
    Result<SearchPage> page = pages_.read(url_id, clock_.wall_ms());
    if (!page) return page.error();
    find_.bind(1, url_id);
    const Result<bool> known = find_.step();
    if (!known) return known.error();
    const int64_t doc = *known ? find_.integer(0) : 0;
    const bool same = *known && find_.integer(1) == page->digest;
    if (*known) find_.reset();
    if (page->can_be_found && same) return {};
    if (doc != 0) {
      remove_.bind(1, doc);
      if (Result<void> done = remove_.run(); !done) return done;
      --state_.pages;
      ++state_.dead;
    }
    return page->can_be_found ? add_page(url_id, *page) : Result<void>();
  }

  Result<void> add_page(int64_t url_id, const SearchPage& page) {
    const Result<std::string> main =
        pages_.read_text(page, SearchPageReader::Part::kMainText, kSearchedTextMax);
    if (!main) return main.error();
    Result<std::string> rest = std::string();
    if (page.has_main_text) {
      rest = pages_.read_text(page, SearchPageReader::Part::kText, kSearchedTextMax);
      if (!rest) return rest.error();
      rest = rest_of(*rest, *main);
    }
    bytes_ += main->size() + rest->size();
    const int64_t doc = ++state_.last_doc;
    ++state_.pages;
    insert_.bind(1, doc);
    insert_.bind(2, url_id);
    insert_.bind(3, page.digest);
    insert_.bind_optional(4, page.text_hash);
    if (Result<void> done = insert_.run(); !done) return done;
    return add_words(doc, page, *main, *rest);
  }

  Result<void> add_words(int64_t doc, const SearchPage& page, const std::string& main,
                         const std::string& rest) {
    const std::string_view texts[] = {page.title, page.url, page.description, main, rest};
    words_.bind(1, doc);
    for (size_t i = 0; i < std::size(texts); ++i) {
      cut_[i].clear();
      append_words(texts[i], cut_[i]);
      words_.bind(static_cast<int>(i + 2), std::string_view(cut_[i]));
    }
    std::string sites;
    for (const std::string& key : site_keys(page.url)) sites.append(site_word(key)).append(1, ' ');
    words_.bind(7, std::string_view(sites));
    return words_.run();
  }

  Database& crawl_;
  SearchFile& index_;
  const SearchProgress& go_on_;
  SearchPageReader pages_;
  Statement find_, remove_, insert_, words_;
  const SystemClock clock_;
  SearchState state_;
  int64_t total_visits_ = 0, total_urls_ = 0;
  int64_t began_ms_ = 0;
  size_t bytes_ = 0;  // of texts in this transaction
  bool stopped_ = false;
  std::string cut_[5];
};

}  // namespace

Result<void> catch_up(Database& crawl, SearchFile& index, const SearchProgress& go_on) {
  Result<Indexer> indexer = Indexer::create(crawl, index, go_on);
  if (!indexer) return indexer.error();
  const SystemClock clock;
  int64_t moved_ms = clock.monotonic_ms();
  int64_t seen_at = 0;  // the state that another process has left
  Result<bool> done = indexer->is_current();
  while (done && !*done) {
    if (!indexer->report()) return Error{Errc::kClosed, 0, "stopped"};
    done = indexer->step();
    if (indexer->stopped()) return Error{Errc::kClosed, 0, "stopped"};
    if (done || done.error().code != Errc::kBusy) {
      moved_ms = clock.monotonic_ms();
      continue;
    }
    if (clock.monotonic_ms() - moved_ms > kBusyMs) return done.error();
    done = indexer->is_current();
    if (!done) return done.error();
    if (indexer->state().updated_at != seen_at) moved_ms = clock.monotonic_ms();
    seen_at = indexer->state().updated_at;
  }
  return done ? Result<void>() : Result<void>(done.error());
}

}  // namespace crawl
