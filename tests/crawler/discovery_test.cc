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
      : discovery(99, std::move(*ScopePolicy::create(options))) {}

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
    offer.kind = kind;
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

TEST_CASE("discovery: a seed that was skipped before becomes pending", "[discovery]") {
  Fixture f;
  f.seed("http://example.com/");
  CHECK(f.reason("http://new.example/") == SkipReason::kOutOfScope);
  CHECK(f.seed("http://new.example/").pending);
  CHECK_FALSE(f.seed("http://new.example/").pending);
}

}  // namespace
}  // namespace crawl
