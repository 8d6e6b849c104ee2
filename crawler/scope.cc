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
std::string domain_key(const Url& url) { return "." + registrable_domain(url.host()); }

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

bool any_matches(const std::vector<std::unique_ptr<re2::RE2>>& expressions, std::string_view text) {
  for (const auto& expression : expressions) {
    if (re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression))
      return true;
  }
  return false;
}

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
  auto include = compile(options.include, "--include");
  if (!include) return include.error();
  policy.include_ = std::move(*include);
  auto exclude = compile(options.exclude, "--exclude");
  if (!exclude) return exclude.error();
  policy.exclude_ = std::move(*exclude);
  return policy;
}

void ScopePolicy::add_seed(int64_t id, const Seed& seed) {
  SeedScope scope;
  scope.depth_max = seed.depth.value_or(default_depth_);
  scope.scope = seed.scope.value_or(default_scope_);
  switch (scope.scope) {
    case Scope::kAny:
      if (!any_) any_ = id;
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
  return any_;
}

bool ScopePolicy::excluded(std::string_view href) const {
  if (!include_.empty() && !any_matches(include_, href)) return true;
  return any_matches(exclude_, href);
}

ScopeDecision ScopePolicy::decide(const Candidate& candidate) const {
  const Url& url = candidate.url;
  if (!url.is_http()) return {SkipReason::kSchemeRefused, candidate.from_seed};
  if (is_bad_port(url.effective_port())) return {SkipReason::kPortRefused, candidate.from_seed};
  const std::optional<int64_t> seed = admitting_seed(url, candidate.from_seed);
  if (!seed) return {SkipReason::kOutOfScope, candidate.from_seed};
  if (!is_page_link(candidate.kind)) return {SkipReason::kAsset, *seed};
  if (candidate.nofollow && !follow_nofollow_) return {SkipReason::kNofollow, *seed};
  if (excluded(url.href())) return {SkipReason::kExcluded, *seed};
  if (candidate.depth > seeds_.at(*seed).depth_max) return {SkipReason::kDepthLimit, *seed};
  return {SkipReason::kNone, *seed};
}

}  // namespace crawl
