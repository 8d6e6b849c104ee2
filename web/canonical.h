// SPDX-License-Identifier: MIT
#pragma once

// Crawl canonicalisation: what a crawl may do to an http(s) URL beyond the URL Standard, so that
// one page is not fetched under many names. Fragment and credentials always go; each further step
// is a choice, since no standard says that two such URLs are one page.
//
//   session   removes the parameters that web frameworks add to carry a session, and
//             ";jsessionid=…" behind a path segment (Servlet 4.0 §7.1.3)
//   tracking  removes the parameters that mail and advertising systems add ("utm_source")
//   index     "/a/index.html" becomes "/a/": the names that web servers look for in a directory
//   sort      orders the parameters by name; those of one name keep their order
//
// Parameters are what stands between "&" in the query; they are compared, moved and removed as they
// are written, never decoded or encoded, and empty ones are kept. The lists of names are in
// canonical.cc and docs/usage.md. Every function here is linear in the URL (sorting: n log n) and
// idempotent.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/url.h"

namespace crawl {

struct CanonicalOptions {
  bool sort_query = false;
  bool strip_session = false;
  bool strip_tracking = false;
  bool fold_index = false;

  bool any() const { return sort_query || strip_session || strip_tracking || fold_index; }
  bool operator==(const CanonicalOptions&) const = default;
};

// "sort,session,tracking,index" in any order and number, "all" or "none". nullopt: one of the words
// is none of these; `unknown` is then that word.
inline constexpr std::string_view kCanonicalChoices[] = {"sort",  "session", "tracking",
                                                         "index", "all",     "none"};
std::optional<CanonicalOptions> parse_canonical_options(std::string_view list,
                                                        std::string_view& unknown);
// The other way round: "none", "all" or the list.
std::string canonical_options_text(const CanonicalOptions& options);

// `href` must be a canonical http(s) URL (is_canonical_http_url()); so is the answer, which is
// `href` itself where nothing applies, else `buffer`.
std::string_view canonicalize(std::string_view href, const CanonicalOptions& options,
                              std::string& buffer);

// The canonical form of any URL; those that are not http(s) lose fragment and credentials only.
Url canonicalize(const Url& url, const CanonicalOptions& options);

// The same, step by step: "credentials", "fragment", then those of the options, in the order above.
// Each has its result, also where it changed nothing. No result holds a password.
struct CanonicalStep {
  std::string_view name;
  std::string result;
};
std::vector<CanonicalStep> canonical_steps(const Url& url, const CanonicalOptions& options);

// Whether a parameter carries a session. kSure: by its name alone. kLikely: a name that others use
// as well, with a value as long and random as a session's.
enum class SessionSign : uint8_t { kNone, kLikely, kSure };
SessionSign session_sign(std::string_view parameter);

// Where ";jsessionid=…" begins and ends in `path`, from `start` on; both npos: nowhere.
struct PathSession {
  size_t begin = std::string_view::npos;
  size_t end = std::string_view::npos;
};
PathSession find_path_session(std::string_view path, size_t start = 0);

}  // namespace crawl
