// SPDX-License-Identifier: MIT
#include "crawler/scope.h"

#include <re2/re2.h>

#include <utility>

#include "web/host.h"

namespace crawl {

namespace {

std::string host_key(const Url& url) {
  std::string key = url.authority();
  if (key.rfind("www.", 0) == 0) key.erase(0, 4);
  return key;
}

// Domain keys share a map with host keys; no host begins with '.'.
std::string domain_key(const Url& url) {
  return std::string(1, '.').append(registrable_domain(url.host()));
}

std::string directory_of(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/') + 1));
}

Result<std::vector<std::unique_ptr<re2::RE2>>> compile(const std::vector<std::string>& patterns,
                                                       std::string_view option) {
  std::vector<std::unique_ptr<re2::RE2>> compiled;
  for (const std::string& pattern : patterns) {
    auto expression = std::make_unique<re2::RE2>(pattern, re2::RE2::Quiet);
    if (!expression->ok()) {
      return Error{Errc::kInvalid, 0,
                   std::string(option) + " '" + pattern + "': " + expression->error()};
    }
    compiled.push_back(std::move(expression));
  }
  return compiled;
}

// The expression that matches; nullptr when none does.
const re2::RE2* first_match(const std::vector<std::unique_ptr<re2::RE2>>& expressions,
                            std::string_view text) {
  for (const auto& expression : expressions) {
    if (re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression)) {
      return expression.get();
    }
  }
  return nullptr;
}

constexpr int64_t kSitemapLevelsMax = 5;  // indexes above a sitemap, and redirects
constexpr int64_t kAssetLevelsMax = 4;    // page, style sheet, what that imports, its images

}  // namespace

ScopePolicy::ScopePolicy() = default;
ScopePolicy::~ScopePolicy() = default;
ScopePolicy::ScopePolicy(ScopePolicy&&) noexcept = default;
ScopePolicy& ScopePolicy::operator=(ScopePolicy&&) noexcept = default;

Result<ScopePolicy> ScopePolicy::create(const RunOptions& options) {
  ScopePolicy policy;
  policy.default_depth_ = options.depth;
  policy.default_scope_ = options.scope;
  policy.follow_nofollow_ = options.follow_nofollow;
  policy.sitemaps_ = options.sitemaps;
  policy.assets_ = options.assets;
  auto include = compile(options.include, "--include");
  if (!include) return include.error();
  policy.include_ = std::move(*include);
  auto exclude = compile(options.exclude, "--exclude");
  if (!exclude) return exclude.error();
  policy.exclude_ = std::move(*exclude);
  return policy;
}

void ScopePolicy::add_seed(int64_t id, const Seed& seed) {
  any_.erase(id);  // where it was known with another scope
  SeedScope scope;
  scope.depth_max = seed.depth.value_or(default_depth_);
  scope.scope = seed.scope.value_or(default_scope_);
  scope.domain = registrable_domain(seed.url.host());
  switch (scope.scope) {
    case Scope::kAny:
      any_.insert(id);
      break;
    case Scope::kDomain:
      scope.key = domain_key(seed.url);
      has_domain_scope_ = true;
      break;
    case Scope::kPrefix:
      scope.prefix = directory_of(seed.url.path());
      scope.key = host_key(seed.url);
      break;
    case Scope::kHost:
      scope.key = host_key(seed.url);
      break;
  }
  if (!scope.key.empty()) by_key_[scope.key].push_back(id);
  seeds_.insert_or_assign(id, std::move(scope));
}

bool ScopePolicy::admits(const SeedScope& seed, const Url& url, std::string_view key) const {
  if (seed.scope == Scope::kAny) return true;
  if (seed.key != key) return false;
  return seed.scope != Scope::kPrefix || url.path().substr(0, seed.prefix.size()) == seed.prefix;
}

std::optional<int64_t> ScopePolicy::admitting_seed(const Url& url, int64_t preferred) const {
  const std::string host = host_key(url);
  const std::string domain = has_domain_scope_ ? domain_key(url) : std::string();
  const auto own = seeds_.find(preferred);
  if (own != seeds_.end()) {
    const SeedScope& seed = own->second;
    if (admits(seed, url, seed.scope == Scope::kDomain ? domain : host)) return preferred;
  }
  for (const std::string* key : {&host, &domain}) {
    const auto found = by_key_.find(*key);
    if (found == by_key_.end()) continue;
    for (const int64_t id : found->second) {
      if (admits(seeds_.at(id), url, *key)) return id;
    }
  }
  return any_.empty() ? std::nullopt : std::optional(*any_.begin());
}

std::optional<int64_t> ScopePolicy::sitemap_seed(const Url& url, int64_t preferred) const {
  if (const std::optional<int64_t> seed = admitting_seed(url, preferred)) return seed;
  const auto own = seeds_.find(preferred);
  if (own == seeds_.end() || own->second.domain != registrable_domain(url.host())) {
    return std::nullopt;
  }
  return preferred;
}

std::string_view ScopePolicy::excluding_rule(std::string_view href, UrlRole role) const {
  // --include says which pages are wanted; sitemaps and assets serve them.
  if (role == UrlRole::kPage && !include_.empty() && first_match(include_, href) == nullptr) {
    return "no --include matches";
  }
  const re2::RE2* match = first_match(exclude_, href);
  return match == nullptr ? std::string_view() : match->pattern();
}

SkipReason ScopePolicy::too_far(const Candidate& candidate, int64_t depth_max) const {
  bool far = false;
  switch (candidate.role) {
    case UrlRole::kPage:
    case UrlRole::kSeed:
      far = candidate.depth > depth_max;
      break;
    case UrlRole::kSitemap:  // what it lists is one deeper
      far = candidate.depth >= depth_max || candidate.hops > kSitemapLevelsMax;
      break;
    case UrlRole::kAsset:
      far = candidate.depth > depth_max + kAssetLevelsMax;
      break;
  }
  return far ? SkipReason::kDepthLimit : SkipReason::kNone;
}

ScopeDecision ScopePolicy::decide(const Candidate& candidate) const {
  const Url& url = candidate.url;
  const bool sitemap = candidate.role == UrlRole::kSitemap;
  if (!url.is_http()) return {SkipReason::kSchemeRefused, candidate.from_seed, {}};
  if (is_bad_port(url.effective_port())) {
    return {SkipReason::kPortRefused, candidate.from_seed, {}};
  }
  const std::optional<int64_t> seed =
      sitemap ? sitemap_seed(url, candidate.from_seed) : admitting_seed(url, candidate.from_seed);
  if (!seed) return {SkipReason::kOutOfScope, candidate.from_seed, {}};
  if (candidate.role == UrlRole::kAsset && !assets_) return {SkipReason::kAsset, *seed, {}};
  if (sitemap && !sitemaps_) return {SkipReason::kExcluded, *seed, "--no-sitemaps"};
  if (candidate.nofollow && !follow_nofollow_) return {SkipReason::kNofollow, *seed, {}};
  const std::string_view excluded_by = excluding_rule(url.href(), candidate.role);
  if (!excluded_by.empty()) return {SkipReason::kExcluded, *seed, excluded_by};
  return {too_far(candidate, seeds_.at(*seed).depth_max), *seed, {}};
}

}  // namespace crawl
