// SPDX-License-Identifier: MIT
#include "base/vocabulary.h"

#include <array>

#include "base/check.h"

namespace crawl {

namespace {

template <typename Enum>
using Names = std::array<std::string_view, static_cast<size_t>(Enum::kLast) + 1>;

constexpr Names<Outcome> kOutcomes = {"",
                                      "ok",
                                      "not_modified",
                                      "redirect",
                                      "http_error",
                                      "gone",
                                      "dns_failed",
                                      "connect_failed",
                                      "tls_failed",
                                      "timeout",
                                      "too_large",
                                      "incomplete",
                                      "decode_bomb",
                                      "headers_too_large",
                                      "protocol_error",
                                      "unsupported_type",
                                      "private_address",
                                      "port_refused",
                                      "redirect_limit",
                                      "robots_unreachable",
                                      "crashed_fetcher"};
constexpr Names<UrlState> kUrlStates = {"pending", "done", "skipped"};
constexpr Names<SkipReason> kSkipReasons = {
    "",     "out_of_scope", "robots_denied",  "depth_limit",  "excluded",     "nofollow",
    "trap", "budget",       "scheme_refused", "url_too_long", "port_refused", "asset"};
constexpr Names<LinkKind> kLinkKinds = {"a",        "area",    "frame",    "iframe",      "link",
                                        "resource", "image",   "script",   "media",       "embed",
                                        "form",     "refresh", "redirect", "sitemap",     "scanned",
                                        "header",   "style",   "feed",     "sitemap_file"};
constexpr Names<UrlRole> kUrlRoles = {"page", "seed", "sitemap", "asset"};
constexpr Names<DocumentKind> kDocumentKinds = {"",        "html",  "text", "feed",
                                                "sitemap", "style", "other"};
constexpr Names<LangSource> kLangSources = {"", "markup", "header", "detector"};
constexpr Names<ParseStatus> kParseStatuses = {"none", "ok", "limit"};
constexpr Names<CharsetSource> kCharsetSources = {"", "bom", "http", "meta", "detector", "default"};

template <typename Enum>
std::string_view name_in(const Names<Enum>& names, Enum value) {
  const auto index = static_cast<size_t>(value);
  CRAWL_CHECK(index < names.size());
  return names[index];
}

}  // namespace

std::string_view name(Outcome value) { return name_in(kOutcomes, value); }
std::string_view name(UrlState value) { return name_in(kUrlStates, value); }
std::string_view name(SkipReason value) { return name_in(kSkipReasons, value); }
std::string_view name(LinkKind value) { return name_in(kLinkKinds, value); }
std::string_view name(ParseStatus value) { return name_in(kParseStatuses, value); }
std::string_view name(CharsetSource value) { return name_in(kCharsetSources, value); }
std::string_view name(UrlRole value) { return name_in(kUrlRoles, value); }
std::string_view name(DocumentKind value) { return name_in(kDocumentKinds, value); }
std::string_view name(LangSource value) { return name_in(kLangSources, value); }

std::optional<Outcome> outcome_named(std::string_view name) {
  for (size_t i = 1; i < kOutcomes.size(); ++i) {
    if (kOutcomes[i] == name) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

std::optional<UrlRole> url_role_named(std::string_view name) {
  for (size_t i = 0; i < kUrlRoles.size(); ++i) {
    if (kUrlRoles[i] == name) return static_cast<UrlRole>(i);
  }
  return std::nullopt;
}

bool is_page_link(LinkKind kind) {
  switch (kind) {
    case LinkKind::kAnchor:
    case LinkKind::kArea:
    case LinkKind::kFrame:
    case LinkKind::kIframe:
    case LinkKind::kLink:
    case LinkKind::kRefresh:
    case LinkKind::kRedirect:
    case LinkKind::kSitemap:
    case LinkKind::kScanned:
    case LinkKind::kHeader:
    case LinkKind::kFeed:
    case LinkKind::kSitemapFile:
      return true;
    case LinkKind::kResource:
    case LinkKind::kImage:
    case LinkKind::kScript:
    case LinkKind::kMedia:
    case LinkKind::kEmbed:
    case LinkKind::kForm:
    case LinkKind::kStyle:
      return false;
  }
  return false;
}

}  // namespace crawl
