// SPDX-License-Identifier: MIT
#include "crawler/discovery.h"

#include "tests/support/catch.h"

namespace crawl {
namespace {

Url parsed(std::string_view text) {
  auto url = Url::parse(text);
  REQUIRE(url);
  return std::move(*url);
}

struct Fixture {
  explicit Fixture(const RunOptions& options = {})
      : discovery(99, std::move(*ScopePolicy::create(options)),
                  {options.canonicalize, options.traps}) {}

  Found seed(std::string_view text, std::optional<Scope> scope = std::nullopt,
             std::optional<int64_t> depth = std::nullopt) {
    const int64_t id = next_seed++;
    discovery.scope().add_seed(id, {parsed(text), depth, scope, ""});
    return discovery.offer_seed(parsed(text), id, 1, unit);
  }
  std::optional<Found> link(std::string_view href, LinkKind kind = LinkKind::kAnchor,
                            int64_t depth = 1, bool nofollow = false) {
    Offer offer;
    offer.href = href;
    offer.role = role_of(kind);
    offer.recorded_only = kind == LinkKind::kForm;
    offer.depth = depth;
    offer.nofollow = nofollow;
    offer.seed_id = 1;
    offer.via_id = 1;
    return discovery.offer(offer, 1, unit);
  }
  SkipReason reason(std::string_view href, LinkKind kind = LinkKind::kAnchor, int64_t depth = 1,
                    bool nofollow = false) {
    REQUIRE(link(href, kind, depth, nofollow));
    REQUIRE(unit.new_urls.back().url == href);
    return unit.new_urls.back().reason;
  }

  int64_t next_seed = 1;
  WriteUnit unit;
  Discovery discovery;
};

TEST_CASE("discovery: each URL becomes one row with one decision", "[discovery]") {
  Fixture f;
  REQUIRE(f.seed("http://example.com/").pending);
  const auto first = f.link("http://example.com/a");
  REQUIRE(first);
  CHECK(first->pending);
  const auto again = f.link("http://example.com/a");
  REQUIRE(again);
  CHECK(again->url_id == first->url_id);
  CHECK_FALSE(again->pending);
  CHECK(f.unit.new_urls.size() == 2);
  CHECK(f.unit.new_hosts.size() == 1);
}

TEST_CASE("discovery: every reason to skip has its case", "[discovery]") {
  RunOptions options;
  options.depth = 3;
  options.exclude = {"/private/"};
  Fixture f(options);
  f.seed("http://example.com/");
  CHECK(f.reason("http://example.com/x") == SkipReason::kNone);
  CHECK(f.reason("http://other.example/") == SkipReason::kOutOfScope);
  CHECK(f.reason("http://example.com:8080/") == SkipReason::kOutOfScope);
  CHECK(f.reason("mailto:a@example.com") == SkipReason::kSchemeRefused);
  CHECK(f.reason("http://example.com:25/") == SkipReason::kPortRefused);
  CHECK(f.reason("http://example.com/i.png", LinkKind::kImage) == SkipReason::kAsset);
  CHECK(f.reason("http://example.com/n", LinkKind::kAnchor, 1, true) == SkipReason::kNofollow);
  CHECK(f.reason("http://example.com/private/x") == SkipReason::kExcluded);
  CHECK(f.reason("http://example.com/deep", LinkKind::kAnchor, 4) == SkipReason::kDepthLimit);
}

TEST_CASE("discovery: what is not canonical is a lie", "[discovery]") {
  Fixture f;
  f.seed("http://example.com/");
  CHECK_FALSE(f.link("http://example.com"));
  CHECK_FALSE(f.link("http://EXAMPLE.com/"));
  CHECK_FALSE(f.link("http://example.com/a/../b"));
  CHECK_FALSE(f.link("http://example.com/#x"));
  CHECK_FALSE(f.link("http://u:p@example.com/"));
  CHECK_FALSE(f.link("no url"));
  CHECK_FALSE(f.link(""));
  CHECK(f.unit.new_urls.size() == 1);
}

TEST_CASE("discovery: a better link makes a skipped URL pending, once", "[discovery]") {
  Fixture f;
  f.seed("http://example.com/");
  CHECK(f.reason("http://example.com/p", LinkKind::kAnchor, 1, true) == SkipReason::kNofollow);
  const auto better = f.link("http://example.com/p", LinkKind::kAnchor, 2);
  REQUIRE(better);
  CHECK(better->pending);
  REQUIRE(f.unit.upgrades.size() == 1);
  CHECK(f.unit.upgrades[0].depth == 2);
  const auto again = f.link("http://example.com/p");
  REQUIRE(again);
  CHECK_FALSE(again->pending);
}

TEST_CASE("discovery: what an archive has was fetched, whatever the scope says", "[discovery]") {
  Fixture f;
  CHECK(f.reason("http://example.com/a") == SkipReason::kOutOfScope);  // there are no seeds
  const int64_t known = f.unit.new_urls.back().id;
  CHECK(f.discovery.offer_fetched(parsed("http://example.com/a"), 5, f.unit) == known);
  REQUIRE(f.unit.upgrades.size() == 1);
  CHECK(f.unit.upgrades[0].keeps_parents);
  CHECK(f.unit.upgrades[0].host_id == f.unit.new_hosts.back().id);
  CHECK(f.discovery.offer_fetched(parsed("http://example.com/a"), 5, f.unit) == known);
  CHECK(f.unit.upgrades.size() == 1);
  const int64_t fresh = f.discovery.offer_fetched(parsed("http://example.com/b"), 5, f.unit);
  CHECK(f.unit.new_urls.back().id == fresh);
  CHECK(f.unit.new_urls.back().first_seen_at == 5);
  CHECK(f.unit.new_urls.back().state == UrlState::kPending);
  CHECK(f.discovery.id_of("http://example.com/b") == fresh);
}

TEST_CASE("discovery: www and the scheme make no other host; any seed's scope admits",
          "[discovery]") {
  Fixture f;
  f.seed("http://example.com/");
  f.seed("http://docs.test/manual/index.html", Scope::kPrefix);
  f.seed("http://www.example.co.uk/", Scope::kDomain);
  CHECK(f.reason("https://www.example.com/x") == SkipReason::kNone);
  CHECK(f.reason("http://docs.test/manual/ch1.html") == SkipReason::kNone);
  CHECK(f.unit.new_urls.back().seed_id == 2);
  CHECK(f.reason("http://docs.test/blog/") == SkipReason::kOutOfScope);
  CHECK(f.reason("https://deep.down.example.co.uk/") == SkipReason::kNone);
  CHECK(f.reason("https://other.co.uk/") == SkipReason::kOutOfScope);
  CHECK(f.reason("http://sub.example.com/") == SkipReason::kOutOfScope);
}

TEST_CASE("discovery: a rule that decided is named", "[discovery]") {
  RunOptions options;
  options.exclude = {"/private/", "\\.pdf$"};
  Fixture f(options);
  f.seed("http://example.com/");
  CHECK(f.reason("http://example.com/x.pdf") == SkipReason::kExcluded);
  CHECK(f.unit.new_urls.back().rule == "\\.pdf$");
  options.exclude.clear();
  options.include = {"/docs/"};
  Fixture g(options);
  g.seed("http://example.com/");
  CHECK(g.reason("http://example.com/docs/1") == SkipReason::kNone);
  CHECK(g.reason("http://example.com/x") == SkipReason::kExcluded);
  CHECK(g.unit.new_urls.back().rule == "no --include matches");
}

// sitemaps.org: a sitemap may serve a site from another host of it.
TEST_CASE("discovery: sitemaps are fetched under the seed's registrable domain", "[discovery]") {
  RunOptions options;
  options.include = {"/docs/"};
  Fixture f(options);
  f.seed("http://www.example.com/");
  CHECK(f.reason("http://www.example.com/sitemap.xml", LinkKind::kSitemapFile) ==
        SkipReason::kNone);
  CHECK(f.unit.new_urls.back().role == UrlRole::kSitemap);
  CHECK(f.reason("http://static.example.com/map.xml", LinkKind::kSitemapFile) == SkipReason::kNone);
  CHECK(f.reason("http://example.org/map.xml", LinkKind::kSitemapFile) == SkipReason::kOutOfScope);
  options.sitemaps = false;
  Fixture off(options);
  off.seed("http://www.example.com/");
  CHECK(off.reason("http://www.example.com/sitemap.xml", LinkKind::kSitemapFile) ==
        SkipReason::kExcluded);
  CHECK(off.unit.new_urls.back().rule == "--no-sitemaps");
}

// A later seeds file may say less than an earlier one did.
TEST_CASE("discovery: a seed's latest scope counts", "[discovery]") {
  const std::optional<Scope> earlier = GENERATE(Scope::kAny, Scope::kDomain);
  Fixture f;
  f.discovery.scope().add_seed(1, {parsed("http://example.com/"), std::nullopt, earlier, ""});
  f.discovery.scope().add_seed(1, {parsed("http://example.com/"), std::nullopt, Scope::kHost, ""});
  CHECK(f.reason("http://example.com/a") == SkipReason::kNone);
  CHECK(f.reason("http://sub.example.com/a") == SkipReason::kOutOfScope);
  CHECK(f.reason("http://other.example/") == SkipReason::kOutOfScope);
  f.discovery.scope().add_seed(2, {parsed("http://b.example/"), std::nullopt, Scope::kAny, ""});
  CHECK(f.reason("http://third.example/") == SkipReason::kNone);
}

// A site names new sitemaps on each page: they lead no further than links do.
TEST_CASE("discovery: sitemaps have a depth limit and count against the budgets", "[discovery]") {
  RunOptions options;
  options.depth = 3;
  options.assets = true;
  options.traps.host_urls_max = 4;
  Fixture f(options);
  f.seed("http://example.com/");
  CHECK(f.reason("http://example.com/1", LinkKind::kSitemapFile, 2) == SkipReason::kNone);
  CHECK(f.reason("http://example.com/2", LinkKind::kSitemapFile, 3) == SkipReason::kDepthLimit);
  CHECK(f.reason("http://example.com/3") == SkipReason::kNone);
  CHECK(f.reason("http://example.com/a/a/a/a/a/", LinkKind::kImage) == SkipReason::kNone);
  CHECK(f.reason("http://example.com/4", LinkKind::kSitemapFile) == SkipReason::kBudget);
  CHECK(f.unit.new_urls.back().rule == "host_budget");
  CHECK(f.reason("http://example.com/5", LinkKind::kImage) == SkipReason::kBudget);
}

TEST_CASE("discovery: with --assets they are wanted, also just below the depth limit",
          "[discovery]") {
  RunOptions options;
  options.depth = 2;
  options.assets = true;
  Fixture f(options);
  f.seed("http://example.com/");
  CHECK(f.reason("http://example.com/a.png", LinkKind::kImage, 3) == SkipReason::kNone);
  CHECK(f.unit.new_urls.back().role == UrlRole::kAsset);
  CHECK(f.reason("http://example.com/far.png", LinkKind::kStyle, 9) == SkipReason::kDepthLimit);
  CHECK(f.reason("http://cdn.example/b.png", LinkKind::kImage, 1) == SkipReason::kOutOfScope);
  CHECK(f.reason("http://example.com/send", LinkKind::kForm, 1) == SkipReason::kAsset);
}

TEST_CASE("discovery: a page's rank is its depth, then its priority", "[discovery]") {
  CHECK(queue_rank(UrlRole::kSeed, 0, 50) < queue_rank(UrlRole::kPage, 0, 100));
  CHECK(queue_rank(UrlRole::kSitemap, 0, 50) < queue_rank(UrlRole::kPage, 1, 100));
  CHECK(queue_rank(UrlRole::kPage, 1, 80) < queue_rank(UrlRole::kPage, 1, 50));
  CHECK(queue_rank(UrlRole::kPage, 1, 0) < queue_rank(UrlRole::kAsset, 1, 50));
  CHECK(queue_rank(UrlRole::kAsset, 1, 50) < queue_rank(UrlRole::kPage, 2, 100));
}

TEST_CASE("discovery: a domain's hosts have an end", "[discovery]") {
  RunOptions options;
  options.traps.domain_hosts_max = 2;
  Fixture f(options);
  f.seed("http://example.com/", Scope::kDomain);
  CHECK(f.reason("http://a.example.com/") == SkipReason::kNone);
  CHECK(f.reason("http://b.example.com/") == SkipReason::kBudget);
  CHECK(f.unit.new_urls.back().rule == "domain_budget");
  CHECK(f.reason("http://a.example.com/x") == SkipReason::kNone);
  CHECK(f.unit.new_hosts.size() == 2);
}

TEST_CASE("discovery: a URL that is too long has a row and is not fetched", "[discovery]") {
  Fixture f;
  f.seed("http://example.com/");
  const std::string href = "http://example.com/" + std::string(9'000, 'a');
  const std::string shown = shortened_url(href);
  const auto found = f.link(shown);
  REQUIRE(found);
  CHECK_FALSE(found->pending);
  CHECK(f.unit.new_urls.back().url == shown);
  CHECK(f.unit.new_urls.back().reason == SkipReason::kUrlTooLong);
  CHECK(f.link(shown)->url_id == found->url_id);
  CHECK(f.unit.new_urls.size() == 2);
}

TEST_CASE("discovery: what never was the beginning of a long URL stands for none", "[discovery]") {
  Fixture f;
  f.seed("http://example.com/");
  const std::string mark = "#too-long:0123456789abcdef";
  CHECK_FALSE(f.link("http://example.com/" + mark));
  CHECK_FALSE(f.link("javascript:alert(1)" + mark));
  CHECK_FALSE(f.link("http://example.com/" + std::string(981, ' ') + mark));
  CHECK_FALSE(f.link("http://example.com/\x1b[2J" + std::string(978, 'a') + mark));
  CHECK_FALSE(f.link(std::string(1000, 'a') + mark));
  CHECK(f.link("http://example.com/" + std::string(981, 'a') + mark));
  CHECK(is_link_target("http://example.com/a"));
  CHECK_FALSE(is_link_target("http://example.com/a b"));
  CHECK_FALSE(is_link_target("http://example.com/" + std::string(9'000, 'a')));
}

TEST_CASE("discovery: canonicalisation folds what options name", "[discovery]") {
  RunOptions options;
  options.canonicalize.sort_query = true;
  options.canonicalize.fold_index = true;
  Fixture f(options);
  f.seed("http://example.com/");
  const auto first = f.link("http://example.com/a/?x=1&b=2");
  const auto second = f.link("http://example.com/a/index.html?b=2&x=1");
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->url_id == second->url_id);
  CHECK(f.unit.new_urls.back().url == "http://example.com/a/?b=2&x=1");
  CHECK_FALSE(f.link("http://example.com/a#b"));  // still a lie
}

TEST_CASE("discovery: what a sitemap says of a known URL is passed on", "[discovery]") {
  Fixture f;
  f.seed("http://example.com/");
  Offer offer;
  offer.href = "http://example.com/p";
  offer.depth = 1;
  offer.seed_id = 1;
  offer.modified_at = 500;
  REQUIRE(f.discovery.offer(offer, 1'000, f.unit));
  REQUIRE(f.discovery.offer(offer, 1'000, f.unit));
  offer.modified_at = 2'000;  // in the future: it knows nothing
  REQUIRE(f.discovery.offer(offer, 1'000, f.unit));
  REQUIRE(f.unit.listed.size() == 2);
  CHECK(f.unit.listed[1].modified_at == 500);
}

TEST_CASE("discovery: a seed that was skipped before becomes pending", "[discovery]") {
  Fixture f;
  f.seed("http://example.com/");
  CHECK(f.reason("http://new.example/") == SkipReason::kOutOfScope);
  CHECK(f.seed("http://new.example/").pending);
  CHECK_FALSE(f.seed("http://new.example/").pending);
}

}  // namespace
}  // namespace crawl
