// SPDX-License-Identifier: MIT
#include "web/canonical.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "web/query.h"

namespace crawl {
namespace {

constexpr size_t kNone = std::string_view::npos;

bool is_hex_digit(char c) { return hex_value(c) >= 0; }

// The names below are ASCII and short; a longer one is in no list.
constexpr size_t kNameBytesMax = 24;

class LowerName {
 public:
  explicit LowerName(std::string_view name)
      : size_(name.size() <= kNameBytesMax ? name.size() : 0) {
    std::transform(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(size_), bytes_.begin(),
                   ascii_lower);
  }
  std::string_view text() const { return {bytes_.data(), size_}; }

 private:
  std::array<char, kNameBytesMax> bytes_{};
  size_t size_;
};

// Names that mean a session and nothing else: PHP, Java servlets, ASP.NET, ColdFusion, osCommerce,
// Zen Cart. Classic ASP's has eight random letters behind it.
constexpr std::array<std::string_view, 7> kSessionNames = {
    "asp.net_sessionid", "cfid", "cftoken", "jsessionid", "oscsid", "phpsessid", "zenid"};
constexpr std::string_view kAspPrefix = "aspsessionid";
constexpr size_t kAspLetters = 8;
// Names that mean a session when the value looks like one.
constexpr std::array<std::string_view, 6> kSessionLikeNames = {"session", "session_id", "sessionid",
                                                               "sessid",  "sid",        "ssid"};
constexpr size_t kSessionHexDigitsMin = 16;

// Google, Meta, Microsoft, Mailchimp, Yandex, HubSpot, Marketo, X, TikTok, LinkedIn, Pinterest,
// Vero, Wicked Reports, Omeda, Matomo; "utm_" and "mtm_" with anything behind them as well. Sorted.
constexpr std::array<std::string_view, 48> kTrackingNames = {"__hsfp",
                                                             "__hssc",
                                                             "__hstc",
                                                             "_branch_match_id",
                                                             "_ga",
                                                             "_gl",
                                                             "_hsenc",
                                                             "_hsmi",
                                                             "_kx",
                                                             "_openstat",
                                                             "dclid",
                                                             "epik",
                                                             "fb_action_ids",
                                                             "fb_action_types",
                                                             "fb_source",
                                                             "fbclid",
                                                             "gad_campaignid",
                                                             "gad_source",
                                                             "gbraid",
                                                             "gclid",
                                                             "gclsrc",
                                                             "hsctatracking",
                                                             "igsh",
                                                             "igshid",
                                                             "li_fat_id",
                                                             "mc_cid",
                                                             "mc_eid",
                                                             "mkt_tok",
                                                             "msclkid",
                                                             "oly_anon_id",
                                                             "oly_enc_id",
                                                             "piwik_campaign",
                                                             "piwik_kwd",
                                                             "pk_campaign",
                                                             "pk_content",
                                                             "pk_keyword",
                                                             "pk_kwd",
                                                             "pk_medium",
                                                             "pk_source",
                                                             "srsltid",
                                                             "ttclid",
                                                             "twclid",
                                                             "vero_conv",
                                                             "vero_id",
                                                             "wbraid",
                                                             "wickedid",
                                                             "yclid",
                                                             "ysclid"};
static_assert(std::is_sorted(kTrackingNames.begin(), kTrackingNames.end()));

// What web servers serve for a directory; "index.…" as written here, "default.…" (IIS, which does
// not tell cases apart) in any case.
constexpr std::array<std::string_view, 10> kIndexNames = {
    "index.html", "index.htm",  "index.xhtml", "index.shtml", "index.php",
    "index.asp",  "index.aspx", "index.jsp",   "index.cgi",   "index.pl"};
constexpr std::array<std::string_view, 4> kDefaultNames = {"default.htm", "default.html",
                                                           "default.asp", "default.aspx"};

// Whether the segment is a dot segment up to `at`.
bool follows_dot_segment(std::string_view path, size_t at) {
  constexpr std::array<std::string_view, 6> kDotSegments = {".",    "..",   "%2e",
                                                            ".%2e", "%2e.", "%2e%2e"};
  const size_t start = at - std::min<size_t>(at, 7);
  const std::string_view before = path.substr(start, at - start);
  const size_t slash = before.rfind('/');
  if (slash == kNone) return false;
  const LowerName segment(before.substr(slash + 1));
  return std::find(kDotSegments.begin(), kDotSegments.end(), segment.text()) != kDotSegments.end();
}

bool is_tracking(std::string_view parameter) {
  const LowerName lowered(parameter_name(parameter));
  const std::string_view name = lowered.text();
  if (name.size() < 3) return false;
  if (name.starts_with("utm_") || name.starts_with("mtm_")) return true;
  return std::binary_search(kTrackingNames.begin(), kTrackingNames.end(), name);
}

bool is_index_name(std::string_view segment) {
  if (std::find(kIndexNames.begin(), kIndexNames.end(), segment) != kIndexNames.end()) return true;
  const LowerName lowered(segment);
  return std::find(kDefaultNames.begin(), kDefaultNames.end(), lowered.text()) !=
         kDefaultNames.end();
}

// A canonical http(s) URL in three parts.
struct Parts {
  std::string_view front;  // "https://host:81"
  std::string_view path;
  std::string_view query;
  bool has_query = false;
};

Parts split(std::string_view href) {
  const size_t path = href.find('/', href.find("://") + 3);
  CRAWL_CHECK(path != kNone);
  const size_t mark = std::min(href.find('?', path), href.size());
  Parts parts{href.substr(0, path), href.substr(path, mark - path), {}, mark < href.size()};
  if (parts.has_query) parts.query = href.substr(mark + 1);
  return parts;
}

bool strips(std::string_view parameter, const CanonicalOptions& options) {
  return (options.strip_session && session_sign(parameter) != SessionSign::kNone) ||
         (options.strip_tracking && is_tracking(parameter));
}

bool changes_query(std::string_view query, const CanonicalOptions& options) {
  std::string_view before;
  for (QueryParameters rest(query);
       const std::optional<std::string_view> parameter = rest.next();) {
    if (strips(*parameter, options)) return true;
    const std::string_view name = parameter_name(*parameter);
    if (options.sort_query && name < before) return true;
    before = name;
  }
  return false;
}

bool changes_path(std::string_view path, const CanonicalOptions& options) {
  if (options.strip_session && find_path_session(path).begin != kNone) return true;
  return options.fold_index && is_index_name(path.substr(path.rfind('/') + 1));
}

void append_path(std::string_view path, const CanonicalOptions& options, std::string& out) {
  const size_t start = out.size();
  size_t from = 0;
  while (options.strip_session) {
    const PathSession session = find_path_session(path, from);
    if (session.begin == kNone) break;
    out.append(path, from, session.begin - from);
    from = session.end;
  }
  out.append(path, from);
  const size_t slash = out.rfind('/');
  CRAWL_CHECK(slash != kNone && slash >= start);
  if (options.fold_index && is_index_name(std::string_view(out).substr(slash + 1))) {
    out.resize(slash + 1);
  }
}

// With its "?", unless no parameter is left.
void append_query(std::string_view query, const CanonicalOptions& options, std::string& out) {
  std::vector<std::string_view> kept;
  for (QueryParameters rest(query);
       const std::optional<std::string_view> parameter = rest.next();) {
    if (!strips(*parameter, options)) kept.push_back(*parameter);
  }
  if (options.sort_query) {
    std::stable_sort(kept.begin(), kept.end(), [](std::string_view a, std::string_view b) {
      return parameter_name(a) < parameter_name(b);
    });
  }
  char before = '?';
  for (const std::string_view parameter : kept) {
    out.push_back(std::exchange(before, '&'));
    out.append(parameter);
  }
}

struct Choice {
  std::string_view name;
  bool CanonicalOptions::*flag;
};
// In the order in which they are applied.
constexpr std::array<Choice, 4> kChoices = {{{"session", &CanonicalOptions::strip_session},
                                             {"tracking", &CanonicalOptions::strip_tracking},
                                             {"index", &CanonicalOptions::fold_index},
                                             {"sort", &CanonicalOptions::sort_query}}};

constexpr CanonicalOptions kEverything{true, true, true, true};

}  // namespace

SessionSign session_sign(std::string_view parameter) {
  const LowerName lowered(parameter_name(parameter));
  const std::string_view name = lowered.text();
  if (name.size() < 3) return SessionSign::kNone;
  if (std::find(kSessionNames.begin(), kSessionNames.end(), name) != kSessionNames.end()) {
    return SessionSign::kSure;
  }
  if (name.starts_with(kAspPrefix) && name.size() == kAspPrefix.size() + kAspLetters &&
      std::all_of(name.begin(), name.end(), is_ascii_letter)) {
    return SessionSign::kSure;
  }
  if (std::find(kSessionLikeNames.begin(), kSessionLikeNames.end(), name) ==
      kSessionLikeNames.end()) {
    return SessionSign::kNone;
  }
  const std::string_view value = parameter_value(parameter);
  const bool random =
      value.size() >= kSessionHexDigitsMin && std::all_of(value.begin(), value.end(), is_hex_digit);
  return random ? SessionSign::kLikely : SessionSign::kNone;
}

PathSession find_path_session(std::string_view path, size_t start) {
  constexpr std::string_view kName = ";jsessionid=";
  for (size_t at = path.find(';', start); at != kNone; at = path.find(';', at + 1)) {
    const std::string_view rest = path.substr(at);
    if (!starts_ignoring_case(rest, kName)) continue;
    const size_t end = std::min(path.find_first_of(";/", at + 1), path.size());
    // What is left must not be a dot segment, or it would name another path.
    if (!follows_dot_segment(path, at)) return {at, end};
  }
  return {};
}

std::optional<CanonicalOptions> parse_canonical_options(std::string_view list,
                                                        std::string_view& unknown) {
  if (list == "all") return kEverything;
  CanonicalOptions options;
  if (list == "none") return options;
  while (true) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view word = list.substr(0, comma);
    const auto choice = std::find_if(kChoices.begin(), kChoices.end(),
                                     [word](const Choice& each) { return each.name == word; });
    if (choice == kChoices.end()) {
      unknown = word;
      return std::nullopt;
    }
    options.*(choice->flag) = true;
    if (comma == list.size()) return options;
    list.remove_prefix(comma + 1);
  }
}

std::string canonical_options_text(const CanonicalOptions& options) {
  if (options == kEverything) return "all";
  std::string text;
  for (const Choice& choice : kChoices) {
    if (!(options.*(choice.flag))) continue;
    if (!text.empty()) text += ',';
    text += choice.name;
  }
  return text.empty() ? "none" : text;
}

std::string_view canonicalize(std::string_view href, const CanonicalOptions& options,
                              std::string& buffer) {
  if (!options.any()) return href;
  const Parts parts = split(href);
  const bool other_query = parts.has_query && changes_query(parts.query, options);
  if (!other_query && !changes_path(parts.path, options)) return href;
  buffer.clear();
  buffer.reserve(href.size());
  buffer.append(parts.front);
  append_path(parts.path, options, buffer);
  if (parts.has_query) append_query(parts.query, options, buffer);
  return buffer;
}

Url canonicalize(const Url& url, const CanonicalOptions& options) {
  Url canonical = url.canonical();
  if (!canonical.is_http()) return canonical;
  std::string buffer;
  const std::string_view text = canonicalize(canonical.href(), options, buffer);
  if (text == canonical.href()) return canonical;
  Result<Url> again = Url::parse(text);
  CRAWL_CHECK(again.has_value());
  return std::move(*again);
}

std::vector<CanonicalStep> canonical_steps(const Url& url, const CanonicalOptions& options) {
  std::vector<CanonicalStep> steps;
  Url canonical = url.canonical();
  std::string with_fragment = canonical.href();
  if (url.has_fragment()) with_fragment.append("#").append(url.fragment());
  steps.push_back({"credentials", std::move(with_fragment)});
  steps.push_back({"fragment", canonical.href()});
  if (!url.is_http()) return steps;
  for (const Choice& choice : kChoices) {
    if (!(options.*(choice.flag))) continue;
    CanonicalOptions one;
    one.*(choice.flag) = true;
    std::string buffer;
    std::string result(canonicalize(steps.back().result, one, buffer));
    steps.push_back({choice.name, std::move(result)});
  }
  return steps;
}

}  // namespace crawl
