// SPDX-License-Identifier: MIT
#include "storage/explain.h"

#include <array>

#include "base/check.h"

namespace crawl {

namespace {

template <typename Enum>
using Texts = std::array<Explanation, static_cast<size_t>(Enum::kLast) + 1>;

// In the order of enum Outcome.
constexpr Texts<Outcome> kOutcomeTexts = {{
    {"it waits for its turn", "run crawl again to go on"},
    {"the page was fetched and stored", ""},
    {"the server said that the stored copy is still current", ""},
    {"the server named another address; that one has a row of its own",
     "ask for the address it leads to"},
    {"the server answered with an error status",
     "open the URL in a browser; statuses 429 and 5xx often pass, and a later run asks again"},
    {"there is no such page (any more): the server said so, or it has failed for a month",
     "correct the link on the page where it was found"},
    {"the host's name could not be resolved to an address",
     "check the spelling of the host and this machine's name server"},
    {"no connection could be made to the server",
     "check that the server is up and that a firewall lets this machine out"},
    {"no trustworthy TLS connection could be made",
     "the server's certificate is at fault; for a private authority give --ca-file"},
    {"the server did not answer in full in the time it is given",
     "raise --timeout if the server is known to be slow; a later run asks again"},
    {"the body is larger than --max-size; the part that came was kept",
     "raise --max-size to have all of it"},
    {"the connection broke before the body was complete; an earlier copy is kept",
     "a later run asks again"},
    {"the compressed body expanded beyond any reason and was dropped", ""},
    {"the response's headers were too large", ""},
    {"what the server sent is not proper HTTP", ""},
    {"a type that is not read as a page: the headers are stored, the body is not",
     "--types keeps the bodies of types that it names"},
    {"the name leads to an address inside a private network, which pages must not reach",
     "give --allow-private if this crawl may look inside"},
    {"the port belongs to another protocol, and browsers refuse it too", ""},
    {"too many redirects in a row", "raise --max-redirects if the chain is a sound one"},
    {"the host's robots.txt could not be had (an error or no answer), so nothing may be fetched",
     "a later run asks again"},
    {"fetchers died while working on this page, so it is left alone",
     "the page is kept out of every run; please report it"},
}};

// In the order of enum SkipReason.
constexpr Texts<SkipReason> kReasonTexts = {{
    {"", ""},
    {"it lies outside the scope of its seed",
     "use a wider --scope (domain, any), or make it a seed"},
    {"the host's robots.txt asks crawlers to stay away from it",
     "ask the owner of the site; --robots ignore is for your own sites"},
    {"it is more links away from its seed than --depth allows", "raise --depth"},
    {"--include or --exclude rules it out", "change the pattern"},
    {"the page said not to follow this link (nofollow)", "--follow-nofollow follows such links"},
    {"its form repeats as those of endless calendars and sessions do",
     "make it a seed; --no-traps follows all such URLs"},
    {"the limit of URLs for its host or its kind was reached", "make it a seed"},
    {"its scheme is neither http nor https", ""},
    {"it is longer than any URL that is fetched; its beginning is kept", ""},
    {"the port belongs to another protocol, and browsers refuse it too", ""},
    {"it is an image, a style sheet, a script or the like: recorded, not fetched", ""},
}};

// The names that crawler/traps.cc and crawler/trap_rules.cc give.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kTrapRuleTexts = {{
    {"repeated_segments", "its path repeats itself"},
    {"deep_path", "its path is deeper than 30 folders"},
    {"calendar", "it belongs to a calendar without end"},
    {"session_id", "the same URL keeps coming back under new sessions"},
    {"query_growth", "its query keeps growing"},
    {"near_duplicates", "the latest pages of its folder all read the same"},
    {"prefix_budget", "its folder has as many URLs as are allowed (--max-prefix-urls)"},
    {"query_budget", "its path has as many queries as are allowed (--max-query-urls)"},
    {"host_budget", "its host has as many URLs as are allowed (--max-host-urls)"},
    {"domain_budget", "its domain has as many hosts as are allowed (--max-domain-hosts)"},
}};

}  // namespace

Explanation explain(Outcome outcome) {
  const auto index = static_cast<size_t>(outcome);
  CRAWL_CHECK(index < kOutcomeTexts.size());
  return kOutcomeTexts[index];
}

Explanation explain(SkipReason reason) {
  const auto index = static_cast<size_t>(reason);
  CRAWL_CHECK(index < kReasonTexts.size());
  return kReasonTexts[index];
}

std::optional<SkipReason> skip_reason_named(std::string_view name_text) {
  for (size_t i = 1; i < kReasonTexts.size(); ++i) {
    const auto reason = static_cast<SkipReason>(i);
    if (name(reason) == name_text) return reason;
  }
  return std::nullopt;
}

std::string_view trap_rule_text(std::string_view rule) {
  for (const auto& [name, text] : kTrapRuleTexts) {
    if (name == rule) return text;
  }
  return {};
}

}  // namespace crawl
