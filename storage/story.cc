// SPDX-License-Identifier: MIT
#include "storage/story.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "storage/query_budget.h"
#include "storage/rows.h"

namespace crawl {

namespace {

constexpr int kChainMax =
    100;  // deeper than any sensible --depth; ends a loop in a damaged database
constexpr int64_t kTextBytesMin = 256;  // as in the view near_duplicates
constexpr int kNearBits = 3;

std::string string(const Statement& row, int column) { return std::string(row.text(column)); }

struct Relatives {
  int64_t via_id = 0;
  int64_t host_id = 0;
  int64_t redirect_id = 0;
};

Result<void> read_url_row(Database& database, std::string_view url, std::optional<UrlStory>& story,
                          Relatives& relatives) {
  Result<Statement> query = database.prepare(
      "SELECT u.id, u.depth, u.hops, u.attempts, u.strikes, u.first_seen_at, u.listed_at, "
      "u.due_at, u.url, u.state, u.outcome, u.reason, u.rule, u.role, s.url, s.tag, u.via_id, "
      "u.host_id FROM url u LEFT JOIN seed s ON s.id = u.seed_id WHERE u.url = ?1 LIMIT 1");
  if (!query) return query.error();
  query->bind(1, url);
  return for_each_row(*query, [&](Statement& row) {
    UrlStory& found = story.emplace();
    int column = 0;
    for (int64_t* number : {&found.id, &found.depth, &found.hops, &found.attempts, &found.strikes,
                            &found.first_seen_at, &found.listed_at, &found.due_at}) {
      *number = row.integer(column++);
    }
    for (std::string* text : {&found.url, &found.state, &found.outcome, &found.reason, &found.rule,
                              &found.role, &found.seed, &found.tag}) {
      *text = row.text(column++);
    }
    relatives.via_id = row.integer(column++);
    relatives.host_id = row.integer(column);
  });
}

// The first link on the page `from` that leads to `to`.
Result<void> read_link(Statement& query, int64_t from, int64_t to, ChainStep& step) {
  query.bind(1, from);
  query.bind(2, to);
  return for_each_row(query, [&](Statement& row) {
    step.kind = row.text(0);
    step.rel = row.text(1);
    step.anchor = row.text(2);
  });
}

Result<void> read_chain(Database& database, int64_t via_id, UrlStory& story) {
  Result<Statement> query = database.prepare("SELECT depth, url, via_id FROM url WHERE id = ?1");
  if (!query) return query.error();
  Result<Statement> link = database.prepare(
      "SELECT kind, rel, anchor FROM link WHERE src_id = ?1 AND dst_id = ?2 ORDER BY seq LIMIT 1");
  if (!link) return link.error();
  int64_t found = story.id;
  for (int step = 0; via_id != 0 && step < kChainMax; ++step) {
    const int64_t page = std::exchange(via_id, 0);
    query->bind(1, page);
    bool known = false;
    Result<void> done = for_each_row(*query, [&](Statement& row) {
      known = true;
      story.chain.push_back({row.integer(0), string(row, 1), {}, {}, {}});
      via_id = row.integer(2);
    });
    if (done && known) done = read_link(*link, page, found, story.chain.back());
    if (!done) return done;
    found = page;
  }
  return {};
}

Result<void> read_page(Database& database, UrlStory& story, Relatives& relatives) {
  Result<Statement> query = database.prepare(
      "SELECT p.status, p.bytes, p.fetched_at, p.changed_at, p.interval_ms, p.failures, "
      "p.failing_since, p.content_id, p.text_bytes, p.redirect_id, "
      "(SELECT count(*) FROM link WHERE src_id = p.url_id), p.detail, p.title, p.content_type, "
      "p.document, p.lang, p.lang_source, p.canonical, d.url, p.simhash, "
      "EXISTS (SELECT 1 FROM content WHERE id = p.content_id AND zstd IS NOT NULL), "
      "p.robots_directives, p.unavailable_after, p.outcome FROM page p LEFT JOIN url d ON d.id = "
      "p.canonical_id "
      "WHERE p.url_id = ?1");
  if (!query) return query.error();
  query->bind(1, story.id);
  return for_each_row(*query, [&](Statement& row) {
    story.fetched = true;
    int column = 0;
    for (int64_t* number :
         {&story.status, &story.bytes, &story.fetched_at, &story.changed_at, &story.interval_ms,
          &story.failures, &story.failing_since, &story.content_id, &story.text_bytes,
          &relatives.redirect_id, &story.links_out}) {
      *number = row.integer(column++);
    }
    for (std::string* text :
         {&story.detail, &story.title, &story.content_type, &story.document, &story.lang,
          &story.lang_source, &story.declared_canonical, &story.duplicate_of}) {
      *text = row.text(column++);
    }
    story.simhash = optional_integer(row, column++);
    story.has_body = row.integer(column++) != 0;
    story.robots_directives = row.integer(column++);
    story.unavailable_after = row.integer(column++);
    story.page_outcome = row.text(column);
  });
}

Result<void> read_redirects(Database& database, int64_t redirect_id, UrlStory& story) {
  Result<Statement> query = database.prepare(
      "SELECT u.url, u.state, u.outcome, p.redirect_id FROM url u "
      "LEFT JOIN page p ON p.url_id = u.id WHERE u.id = ?1");
  if (!query) return query.error();
  std::vector<int64_t> shown = {story.id};
  bool is_circle = false;
  while (redirect_id != 0 && !is_circle && story.redirects.size() < kRedirectsShown) {
    is_circle = std::find(shown.begin(), shown.end(), redirect_id) != shown.end();
    shown.push_back(redirect_id);
    query->bind(1, std::exchange(redirect_id, 0));
    Result<void> done = for_each_row(*query, [&](Statement& row) {
      story.redirects.push_back({string(row, 0), string(row, 1), string(row, 2)});
      redirect_id = row.integer(3);
    });
    if (!done) return done;
  }
  return {};
}

Result<void> read_visits(Database& database, UrlStory& story) {
  Result<Statement> query = database.prepare(
      "SELECT run_id, at, status, outcome, change, text_changed FROM visit WHERE url_id = ?1 "
      "ORDER BY id");
  if (!query) return query.error();
  query->bind(1, story.id);
  return for_each_row(*query, [&](Statement& row) {
    story.visits.push_back({row.integer(0), row.integer(1), row.integer(2), string(row, 3),
                            string(row, 4), row.integer(5) != 0});
  });
}

Result<void> read_host(Database& database, int64_t host_id, UrlStory& story) {
  Result<Statement> query = database.prepare(select_hosts("WHERE id = ?1"));
  if (!query) return query.error();
  query->bind(1, host_id);
  return for_each_row(*query, [&](Statement& row) { story.host = host_row(row); });
}

Result<void> read_names(Database& database, const std::vector<int64_t>& ids,
                        std::vector<std::string>& urls) {
  Result<Statement> query = database.prepare("SELECT url FROM url WHERE id = ?1");
  if (!query) return query.error();
  for (const int64_t id : ids) {
    query->bind(1, id);
    Result<void> done =
        for_each_row(*query, [&](Statement& row) { urls.push_back(string(row, 0)); });
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<std::optional<UrlStory>> read_url(Database& database, std::string_view url) {
  std::optional<UrlStory> story;
  Relatives relatives;
  if (Result<void> done = database.execute("BEGIN"); !done) return done.error();
  Result<void> done = read_url_row(database, url, story, relatives);
  if (done && story) {
    done = read_chain(database, relatives.via_id, *story);
    if (done) done = read_page(database, *story, relatives);
    if (done) done = read_redirects(database, relatives.redirect_id, *story);
    if (done) done = read_visits(database, *story);
    if (done) done = read_host(database, relatives.host_id, *story);
  }
  if (done) done = database.execute("COMMIT");
  if (!done) return done.error();
  return story;
}

Result<LinkCount> count_links_to(Database& database, int64_t url_id, int budget_ms) {
  Result<Statement> query = database.prepare("SELECT kind FROM link WHERE dst_id = ?1");
  if (!query) return query.error();
  query->bind(1, url_id);
  LinkCount links;
  const QueryBudget budget(database, budget_ms);
  Result<void> done = for_each_row(*query, [&](Statement& row) {
    ++links.count;
    links.sitemaps += row.text(0) == name(LinkKind::kSitemap) ? 1 : 0;
    links.feeds += row.text(0) == name(LinkKind::kFeed) ? 1 : 0;
  });
  links.complete = done.has_value();
  if (!done && !budget.exceeded_by(done)) return done.error();
  return links;
}

Result<LikePages> find_like_pages(Database& database, const UrlStory& story, int budget_ms) {
  LikePages like;
  if (story.content_id == 0) return like;
  const bool comparable = story.simhash && story.text_bytes >= kTextBytesMin;
  const auto simhash = static_cast<uint64_t>(story.simhash.value_or(0));
  Result<Statement> query =
      database.prepare("SELECT url_id, content_id, simhash, text_bytes FROM page");
  if (!query) return query.error();
  std::vector<int64_t> same;
  std::vector<int64_t> near;
  Result<void> done;
  {
    const QueryBudget budget(database, budget_ms);
    done = for_each_row(*query, [&](Statement& row) {
      const int64_t id = row.integer(0);
      if (id == story.id) return;
      if (row.integer(1) == story.content_id) {
        ++like.same;
        if (same.size() < kLikeShown) same.push_back(id);
      } else if (comparable && !row.is_null(2) && row.integer(3) >= kTextBytesMin &&
                 std::popcount(simhash ^ static_cast<uint64_t>(row.integer(2))) <= kNearBits) {
        ++like.near;
        if (near.size() < kLikeShown) near.push_back(id);
      }
    });
    like.complete = done.has_value();
    if (!done && !budget.exceeded_by(done)) return done.error();
  }
  done = read_names(database, same, like.same_urls);
  if (done) done = read_names(database, near, like.near_urls);
  if (!done) return done.error();
  return like;
}

Result<std::vector<std::string>> nearest_urls(Database& database, std::string_view authority,
                                              std::string_view url, size_t limit) {
  Result<Statement> query =
      database.prepare("SELECT url FROM url WHERE host_id = (SELECT id FROM host WHERE name = ?1)");
  if (!query) return query.error();
  query->bind(1, authority);
  std::vector<std::pair<size_t, std::string>> best;  // most alike first, at most `limit`
  Result<void> done = for_each_row(*query, [&](Statement& row) {
    const std::string_view known = row.text(0);
    const size_t shorter = std::min(known.size(), url.size());
    const auto end = known.begin() + static_cast<std::ptrdiff_t>(shorter);
    const auto alike =
        static_cast<size_t>(std::mismatch(known.begin(), end, url.begin()).first - known.begin());
    const auto place = std::find_if(best.begin(), best.end(),
                                    [&](const auto& other) { return other.first < alike; });
    if (place == best.end() && best.size() >= limit) return;
    best.insert(place, {alike, std::string(known)});
    if (best.size() > limit) best.pop_back();
  });
  if (!done) return done.error();
  std::vector<std::string> urls;
  for (auto& [alike, known] : best) urls.push_back(std::move(known));
  return urls;
}

}  // namespace crawl
