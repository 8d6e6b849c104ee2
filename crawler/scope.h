// SPDX-License-Identifier: MIT
#pragma once

// Which URLs belong to the crawl. A URL is in scope when any seed's scope admits it; the seed it is
// counted to decides its depth limit.
//
//   host    the seed's host and port; "www." in front makes no difference, nor does http or https
//   domain  every host under the seed's registrable domain (public suffix list)
//   prefix  as host, and the path begins with the seed's path up to its last '/'
//   any     everything
//
// A sitemap may lie anywhere under the registrable domain of a seed whose scope it serves. Assets
// (--assets) may lie deeper than pages, by what a style sheet's style sheets need.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/vocabulary.h"
#include "crawler/options.h"
#include "seeds/reader.h"
#include "web/url.h"

namespace re2 {
class RE2;
}

namespace crawl {

// A URL as a page offers it.
struct Candidate {
  const Url& url;                 // canonical
  UrlRole role = UrlRole::kPage;  // never kSeed: a seed needs no decision
  bool nofollow = false;          // by rel or by the page's robots directives
  int64_t depth = 0;              // it would have
  int64_t hops = 0;               // redirects, or sitemap indexes, that led to it
  int64_t from_seed = 0;          // the seed its page is counted to
};

struct ScopeDecision {
  SkipReason reason = SkipReason::kNone;  // kNone: to be fetched, if robots.txt agrees
  int64_t seed_id = 0;                    // the seed it is counted to
  std::string_view rule;                  // what decided, where the reason alone does not say it
};

class ScopePolicy {
 public:
  static Result<ScopePolicy> create(const RunOptions& options);
  ~ScopePolicy();
  ScopePolicy(ScopePolicy&&) noexcept;
  ScopePolicy& operator=(ScopePolicy&&) noexcept;

  void add_seed(int64_t id, const Seed& seed);
  ScopeDecision decide(const Candidate& candidate) const;
  int64_t depth_max(int64_t seed_id) const { return seeds_.at(seed_id).depth_max; }
  // The seed that admits `url`, `preferred` before others.
  std::optional<int64_t> admitting_seed(const Url& url, int64_t preferred) const;

 private:
  struct SeedScope {
    int64_t depth_max = 0;
    Scope scope = Scope::kHost;
    std::string domain;  // registrable
    std::string key;     // authority without "www.", or the registrable domain
    std::string prefix;  // kPrefix: path prefix
  };

  ScopePolicy();
  bool admits(const SeedScope& seed, const Url& url, std::string_view authority) const;
  std::optional<int64_t> sitemap_seed(const Url& url, int64_t preferred) const;
  std::string_view excluding_rule(std::string_view href, UrlRole role) const;
  SkipReason too_far(const Candidate& candidate, int64_t depth_max) const;

  int64_t default_depth_ = 0;
  Scope default_scope_ = Scope::kHost;
  bool follow_nofollow_ = false;
  bool sitemaps_ = true;
  bool assets_ = false;
  std::unordered_map<int64_t, SeedScope> seeds_;
  std::unordered_map<std::string, std::vector<int64_t>> by_key_;  // host, prefix and domain scopes
  std::set<int64_t> any_;                                         // seeds whose scope is any
  bool has_domain_scope_ = false;
  std::vector<std::unique_ptr<re2::RE2>> include_, exclude_;
};

}  // namespace crawl
