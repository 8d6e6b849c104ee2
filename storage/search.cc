// SPDX-License-Identifier: MIT
#include "storage/search.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "base/clock.h"
#include "storage/rows.h"
#include "storage/search_page.h"
#include "storage/snapshot.h"

namespace crawl {

namespace {

// Of title, url, description, main text, the rest of the text, and where it lies.
constexpr const char* kFind =
    "SELECT d.url_id, d.text_hash, d.digest, -bm25(words, 8.0, 3.0, 3.0, 1.0, 0.3, 0.0) "
    "FROM words CROSS JOIN doc d ON d.id = words.rowid WHERE words MATCH ?1";

constexpr size_t kScannedMax = size_t{1} << 20;  // of a text, for the snippet
constexpr size_t kMatchesMax = 2'000;

struct Candidate {
  double score = 0;
  int64_t url_id = 0;
  int64_t digest = 0;
  int64_t text_hash = 0;
  bool has_text = false;
  // Better ones are less: of two that are equally good, the one that was known first.
  bool operator<(const Candidate& other) const {
    return score != other.score ? score > other.score : url_id < other.url_id;
  }
};

std::string quoted(const SearchTerm& term) {
  std::string text = "\"";
  for (const std::string& word : term.words) text.append(text.size() > 1 ? " " : "").append(word);
  return text + (term.is_prefix ? "\" *" : "\"");
}

template <typename Items, typename Text>
std::string joined(const Items& items, const char* between, Text text) {
  std::string all;
  for (const auto& item : items) all.append(all.empty() ? "" : between).append(text(item));
  return all;
}

std::string in_text(const std::string& expression) {
  return "({title url description main rest} : (" + expression + "))";
}

std::string in_sites(const std::vector<std::string>& keys) {
  return "(site : (" +
         joined(keys, " OR ", [](const std::string& key) { return '"' + site_word(key) + '"'; }) +
         "))";
}

// Of all that SQLite takes in this process, while it is there. One search at a time: the limit is
// one for all of its threads.
class HeapLimit {
 public:
  explicit HeapLimit(int64_t more_bytes)
      : lock_(mutex()), before_(sqlite3_hard_heap_limit64(sqlite3_memory_used() + more_bytes)) {}
  ~HeapLimit() { sqlite3_hard_heap_limit64(before_); }
  HeapLimit(const HeapLimit&) = delete;
  HeapLimit& operator=(const HeapLimit&) = delete;

 private:
  static std::mutex& mutex() {
    static std::mutex only;
    return only;
  }
  const std::lock_guard<std::mutex> lock_;
  const int64_t before_;
};

class Search {
 public:
  Search(SearchFile& index, const SearchRequest& request, SearchPageReader pages)
      : index_(index), request_(request), pages_(std::move(pages)) {}

  Result<SearchAnswer> answer() {
    // Copies, and pages that have changed since, take the places of some.
    size_t wanted = 2 * static_cast<size_t>(request_.limit + request_.offset) + 50;
    for (;; wanted = std::min(8 * wanted, kCandidatesMax)) {
      if (Result<void> found = find(wanted); !found) return found.error();
      if (Result<void> shown = collect(); !shown) return shown.error();
      const bool seen_all = best_.size() < wanted;
      if (answer_.more || seen_all || wanted == kCandidatesMax) break;
    }
    if (Result<void> counted = count_copies(); !counted) return counted.error();
    return std::move(answer_);
  }

 private:
  static constexpr size_t kCandidatesMax = 1'000'000;

  // The best of all that match.
  Result<void> find(size_t wanted) {
    best_.clear();
    answer_ = {};
    std::optional<HeapLimit> limit;
    if (request_.memory_bytes > 0) limit.emplace(request_.memory_bytes);
    Result<Statement> query = index_.database().prepare(kFind);
    if (!query) return query.error();
    const std::string expression = match_expression(request_.query);
    query->bind(1, std::string_view(expression));
    Result<void> done = for_each_row(*query, [&](const Statement& row) {
      ++answer_.pages;
      const Candidate next{row.real(3), row.integer(0), row.integer(2), row.integer(1),
                           !row.is_null(1)};
      if (best_.size() == wanted) {
        if (!(next < best_.front())) return;
        std::pop_heap(best_.begin(), best_.end());
        best_.pop_back();
      }
      best_.push_back(next);
      std::push_heap(best_.begin(), best_.end());
    });
    if (!done && done.error().sys_errno == ENOMEM) {
      return Error{Errc::kInvalid, 0, "too many words begin like that: write more letters"};
    }
    std::sort_heap(best_.begin(), best_.end());
    return done;
  }

  Result<void> collect() {
    std::set<int64_t> texts;  // that were met already
    hashes_.clear();
    int64_t met = 0;
    for (const Candidate& candidate : best_) {
      if (candidate.has_text && texts.count(candidate.text_hash) > 0) continue;
      if (met == request_.offset + request_.limit) {
        answer_.more = true;
        return {};
      }
      Result<bool> is_hit = consider(candidate, met >= request_.offset);
      if (!is_hit) return is_hit.error();
      if (!*is_hit) continue;
      ++met;
      if (candidate.has_text) texts.insert(candidate.text_hash);
    }
    return {};
  }

  // True: it counts, and is among the hits if it is to be shown.
  Result<bool> consider(const Candidate& candidate, bool shown) {
    const Result<SearchPage> page = pages_.read(candidate.url_id, clock_.wall_ms());
    if (!page) return page.error();
    if (!page->can_be_found) return false;
    if (!shown) return true;
    SearchHit hit;
    const Result<bool> still = fill(*page, candidate, hit);
    if (!still || !*still) return still;
    hit.url = page->url;
    hit.score = candidate.score;
    hit.changed_at = page->changed_at;
    answer_.hits.push_back(std::move(hit));
    hashes_.push_back(candidate.has_text ? std::optional(candidate.text_hash) : std::nullopt);
    return true;
  }

  // False: the page is not what the index says, and lacks something that is wanted.
  Result<bool> fill(const SearchPage& page, const Candidate& candidate, SearchHit& hit) {
    const std::vector<SearchTerm>& terms = request_.query.wanted;
    std::vector<TextMatch> all;  // of the page, for their terms
    const auto matches_in = [&](std::string_view text) {
      std::vector<TextMatch> matches = find_matches(text, terms, kMatchesMax);
      all.insert(all.end(), matches.begin(), matches.end());
      return matches;
    };
    hit.title = marked(page.title, matches_in(page.title));
    matches_in(page.url);
    const std::vector<TextMatch> described = matches_in(page.description);
    using Part = SearchPageReader::Part;
    Result<std::string> text = pages_.read_text(page, Part::kMainText, kScannedMax);
    if (!text) return text.error();
    std::vector<TextMatch> matches = matches_in(*text);
    if (page.has_main_text && distinct_terms(matches) < terms.size()) {
      Result<std::string> whole = pages_.read_text(page, Part::kText, kScannedMax);
      if (!whole) return whole.error();
      std::vector<TextMatch> more = matches_in(*whole);
      if (distinct_terms(more) > distinct_terms(matches)) {
        text = std::move(whole);
        matches = std::move(more);
      }
    }
    const bool by_description = distinct_terms(described) > distinct_terms(matches) ||
                                (matches.empty() && !page.description.empty());
    hit.snippet = by_description ? excerpt(page.description, described, request_.snippet_bytes)
                                 : excerpt(*text, matches, request_.snippet_bytes);
    return page.digest == candidate.digest || distinct_terms(all) == terms.size();
  }

  Result<void> count_copies() {
    Result<Statement> query =
        index_.database().prepare("SELECT count(*) FROM doc WHERE text_hash = ?1");
    if (!query) return query.error();
    for (size_t i = 0; i < hashes_.size(); ++i) {
      if (!hashes_[i]) continue;
      query->bind(1, *hashes_[i]);
      const Result<bool> row = query->step();
      if (!row) return row.error();
      answer_.hits[i].copies = std::max<int64_t>(1, query->integer(0));
      query->reset();
    }
    return {};
  }

  SearchFile& index_;
  const SearchRequest& request_;
  SearchPageReader pages_;
  const SystemClock clock_;
  std::vector<Candidate> best_;                 // in order, once find() is done
  std::vector<std::optional<int64_t>> hashes_;  // of the hits' texts
  SearchAnswer answer_;
};

}  // namespace

std::string match_expression(const SearchQuery& query) {
  std::string expression = in_text(joined(query.wanted, " AND ", quoted));
  if (!query.sites.empty()) expression = "(" + expression + " AND " + in_sites(query.sites) + ")";
  if (!query.unwanted.empty()) {
    expression = "(" + expression + " NOT " + in_text(joined(query.unwanted, " OR ", quoted)) + ")";
  }
  if (query.other_sites.empty()) return expression;
  return "(" + expression + " NOT " + in_sites(query.other_sites) + ")";
}

Result<SearchAnswer> search(Database& crawl, SearchFile& index, const SearchRequest& request) {
  Result<SearchPageReader> pages = SearchPageReader::create(crawl);
  if (!pages) return pages.error();
  const Result<Snapshot> of_index = Snapshot::begin(index.database());
  if (!of_index) return of_index.error();
  const Result<Snapshot> of_crawl = Snapshot::begin(crawl);
  if (!of_crawl) return of_crawl.error();
  return Search(index, request, std::move(*pages)).answer();
}

}  // namespace crawl
