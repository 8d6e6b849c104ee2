// SPDX-License-Identifier: MIT
// Search: the page and the API.
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/clock.h"
#include "reader/json_lines.h"
#include "serve/page.h"
#include "serve/site.h"
#include "storage/query_budget.h"
#include "storage/rows.h"
#include "storage/search.h"

namespace crawl {

namespace {

constexpr int64_t kHitsShown = 20;
constexpr int64_t kHitsMax = 100;
constexpr int kSearchMs = 5'000;
constexpr int64_t kIndexMs = 1'500;

struct Asked {
  std::string problem;  // "": none
  SearchRequest request;
};

Asked read_request(const HttpRequest& request) {
  Asked asked;
  Result<SearchQuery> query = parse_search_query(request.query("q"));
  if (!query) return {query.error().message(), {}};
  asked.request.query = std::move(*query);
  const std::optional<int64_t> limit = request.number("limit", kHitsShown, 1, kHitsMax);
  const std::optional<int64_t> offset = request.number("offset", 0, 0, kSearchOffsetMax);
  if (!limit) return {"limit is a number from 1 to 100", {}};
  if (!offset) return {"offset is a number from 0 to 100000", {}};
  asked.request.limit = *limit;
  asked.request.offset = *offset;
  asked.request.memory_bytes = 0;  // others use SQLite here meanwhile; time is what bounds it
  return asked;
}

struct Found {
  SearchAnswer answer;
  bool is_whole = false;  // all pages were looked at, as they are now
};

Result<Found> find(Database& database, const SearchRequest& request) {
  const Result<uint64_t> seed = fingerprint_seed(database);
  if (!seed) return seed.error();
  Result<SearchFile> index =
      SearchFile::open_reader(SearchFile::path_beside(database), static_cast<int64_t>(*seed));
  if (!index) return index.error();
  const Result<SearchState> state = index->read_state();
  if (!state) return state.error();
  const QueryBudget budget(index->database(), kSearchMs);
  Result<SearchAnswer> answer = search(database, *index, request);
  if (!answer && budget.exceeded_by(answer.error())) {
    return Error{Errc::kInvalid, 0, "this takes too long here: look for something rarer"};
  }
  if (!answer) return answer.error();
  return Found{std::move(*answer), state->is_whole};
}

// The same, with an index that is up to date where that takes a moment only: of a small crawl, or
// of one that was searched lately.
Result<Found> find_soon(Database& database, const SearchRequest& request, Indexer& indexer) {
  indexer.wake();
  for (int64_t waited = 0; waited < kIndexMs && indexer.state().working; waited += 20) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  const bool behind = indexer.state().working;
  Result<Found> found = find(database, request);
  if (found) found->is_whole = found->is_whole && !behind;
  return found;
}

nlohmann::ordered_json pieces_json(const std::vector<TextPiece>& pieces) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const TextPiece& piece : pieces) {
    json.push_back({{"text", piece.text}, {"match", piece.is_match}});
  }
  return json;
}

void write_pieces(Html& html, const std::vector<TextPiece>& pieces) {
  for (const TextPiece& piece : pieces) {
    if (piece.is_match) {
      html << "<mark>" << Text{piece.text} << "</mark>";
    } else {
      html << Text{piece.text};
    }
  }
}

void write_form(Html& html, std::string_view query) {
  html << "<form action=\"/search\" role=\"search\"><label for=\"q\">Words, \"a phrase\", begin*, "
          "-without, site:example.com</label><input id=\"q\" name=\"q\" type=\"search\" "
          "autocomplete=\"off\" autocapitalize=\"off\" required value=\""
       << Text{query} << "\"><button>Search</button></form>\n";
}

void write_hit(Html& html, const SearchHit& hit) {
  html << "<li><h2><a href=\"" << Text{why_path(hit.url)} << "\">";
  if (hit.title.empty()) {
    html << Text{hit.url};
  } else {
    write_pieces(html, hit.title);
  }
  html << "</a></h2>\n";
  write_url(html, hit.url);
  html << "<p>";
  write_pieces(html, hit.snippet);
  html << "</p>\n<p class=\"aside\">";
  write_time(html, hit.changed_at);
  if (hit.copies > 1) html << ", " << Grouped{hit.copies} << " pages with this text";
  html << "</p></li>\n";
}

void write_paging(Html& html, const HttpRequest& request, const SearchRequest& asked,
                  const SearchAnswer& answer) {
  if (asked.offset == 0 && !answer.more) return;
  const std::string path = "/search?q=" + encode_query_value(request.query("q")) + "&offset=";
  const int64_t before = std::max<int64_t>(0, asked.offset - asked.limit);
  html << "<nav class=\"pages\" aria-label=\"Further hits\">";
  if (asked.offset > 0) {
    html << "<a rel=\"prev\" href=\"" << Text{path + std::to_string(before)} << "\">Before</a>";
  }
  if (answer.more) {
    html << "<a rel=\"next\" href=\"" << Text{path + std::to_string(asked.offset + asked.limit)}
         << "\">More</a>";
  }
  html << "</nav>\n";
}

void write_state(Html& html, const Indexer::State& state, bool is_whole) {
  if (!state.problem.empty()) {
    html << "<p class=\"note\">The search index could not be brought up to date: "
         << Text{state.problem} << "</p>\n";
  } else if (!is_whole) {
    html << "<p class=\"note\" role=\"status\">The pages are being read for the search";
    if (state.total > 0) html << ": " << Grouped{100 * state.done / state.total} << " %";
    html << ". Ask again in a moment for all of them.</p>\n";
  }
}

}  // namespace

HttpResponse Site::page_search(const HttpRequest& request, Database& database) {
  const std::string typed = request.query("q");
  Page page(typed.empty() ? "Search" : typed, "/search");
  Html& html = page.html();
  write_form(html, typed);
  if (typed.empty()) return page.finish();
  const Asked asked = read_request(request);
  if (!asked.problem.empty()) {
    html << "<p class=\"note\">" << Text{asked.problem} << "</p>\n";
    return page.finish(400);
  }
  const Result<Found> found = find_soon(database, asked.request, indexer_);
  if (!found && found.error().code == Errc::kInvalid) {
    html << "<p class=\"note\">" << Text{found.error().context} << "</p>\n";
    return page.finish(400);
  }
  write_state(html, indexer_.state(), found && found->is_whole);
  if (!found) return page.finish();
  const SearchAnswer& answer = found->answer;
  html << "<p class=\"said\" role=\"status\">" << Grouped{answer.pages}
       << (answer.pages == 1 ? Markup(" page") : Markup(" pages")) << "</p>\n<ol class=\"hits\">\n";
  for (const SearchHit& hit : answer.hits) write_hit(html, hit);
  html << "</ol>\n";
  write_paging(html, request, asked.request, answer);
  return page.finish();
}

HttpResponse Site::api_search(const HttpRequest& request, Database& database) {
  const Asked asked = read_request(request);
  if (!asked.problem.empty()) return json_error(400, asked.problem);
  const Result<Found> found = find_soon(database, asked.request, indexer_);
  const Indexer::State state = indexer_.state();
  if (!found) {
    return json_error(503,
                      state.problem.empty() ? "the search index is being made" : state.problem);
  }
  nlohmann::ordered_json hits = nlohmann::ordered_json::array();
  for (const SearchHit& hit : found->answer.hits) {
    hits.push_back({{"url", hit.url},
                    {"title", pieces_json(hit.title)},
                    {"snippet", pieces_json(hit.snippet)},
                    {"score", hit.score},
                    {"changed_at", iso8601_utc(hit.changed_at)},
                    {"copies", hit.copies}});
  }
  HttpResponse response;
  response.content_type = "application/json";
  response.body = dump_line({{"pages", found->answer.pages},
                             {"more", found->answer.more},
                             {"complete", found->is_whole},
                             {"hits", std::move(hits)}})
                      .bytes();
  return response;
}

}  // namespace crawl
