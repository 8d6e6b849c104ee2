// SPDX-License-Identifier: MIT
#pragma once

// The closed lists of words that processes, tables and people share. Each enum's underlying value
// is what messages and tables hold, so values are never renumbered or reused; each name is public
// SQL.

#include <cstdint>
#include <optional>
#include <string_view>

namespace crawl {

// What became of a fetch. kNone: not fetched (pending, or skipped before any fetch).
enum class Outcome : uint8_t {
  kNone = 0,
  kOk = 1,
  kNotModified = 2,
  kRedirect = 3,
  kHttpError = 4,
  kGone = 5,
  kDnsFailed = 6,
  kConnectFailed = 7,
  kTlsFailed = 8,
  kTimeout = 9,
  kTooLarge = 10,
  kIncomplete = 11,
  kDecodeBomb = 12,
  kHeadersTooLarge = 13,
  kProtocolError = 14,
  kUnsupportedType = 15,
  kPrivateAddress = 16,
  kPortRefused = 17,
  kRedirectLimit = 18,
  kRobotsUnreachable = 19,
  kCrashedFetcher = 20,
  kLast = kCrashedFetcher,
};

enum class UrlState : uint8_t { kPending = 0, kDone = 1, kSkipped = 2, kLast = kSkipped };

// Why a URL was skipped without being fetched.
enum class SkipReason : uint8_t {
  kNone = 0,
  kOutOfScope = 1,
  kRobotsDenied = 2,
  kDepthLimit = 3,
  kExcluded = 4,
  kNofollow = 5,
  kTrap = 6,
  kBudget = 7,
  kSchemeRefused = 8,
  kUrlTooLong = 9,
  kPortRefused = 10,
  kAsset = 11,  // an image, style sheet, script …: recorded, not fetched
  kLast = kAsset,
};

// How much a fetcher gives up before its first byte from the web: nothing; what this kernel can
// take from it; or all, else there is no crawl.
enum class SandboxMode : uint8_t { kOff = 0, kOn = 1, kRequire = 2, kLast = kRequire };

// How a page refers to a URL. Which kinds are followed is decided by is_page_link().
enum class LinkKind : uint8_t {
  kAnchor = 0,    // <a href>, SVG <a>
  kArea = 1,      // <area href>
  kFrame = 2,     // <frame src>
  kIframe = 3,    // <iframe src>
  kLink = 4,      // <link href>, a page by its rel
  kResource = 5,  // <link href> whose rel names a resource: stylesheet, icon, preload, manifest …
  kImage = 6,     // <img src>, srcset, <picture>, SVG <image>, poster
  kScript = 7,    // <script src>
  kMedia = 8,     // <video>, <audio>, <source>, <track>
  kEmbed = 9,     // <embed>, <object>
  kForm = 10,     // <form action>: recorded only
  kRefresh = 11,  // <meta http-equiv=refresh>
  kRedirect = 12,     // Location header
  kSitemap = 13,      // a page that a sitemap lists
  kScanned = 14,      // found by the linear scan that stands in when parsing stops at a limit
  kHeader = 15,       // Link header field (RFC 8288), a page by its rel
  kStyle = 16,        // url() or @import in a style sheet, a style element or a style attribute
  kFeed = 17,         // an entry of a feed
  kSitemapFile = 18,  // a sitemap: listed in a sitemap index, named by robots.txt or rel=sitemap
  kLast = kSitemapFile,
};

// What a URL is wanted for. It decides its depth limit, its place in the queue and how much of it
// is read.
enum class UrlRole : uint8_t {
  kPage = 0,
  kSeed = 1,
  kSitemap = 2,
  kAsset = 3,  // fetched with --assets only
  kLast = kAsset,
};

// Of a sitemap's entry, 0 to 100; what says nothing has this one.
inline constexpr uint8_t kPriorityNormal = 50;

// What a body was read as.
enum class DocumentKind : uint8_t {
  kNone = 0,     // not read
  kHtml = 1,     // HTML and XHTML
  kText = 2,     // plain text
  kFeed = 3,     // RSS, Atom
  kSitemap = 4,  // sitemap or sitemap index, XML or plain text
  kStyle = 5,    // CSS
  kOther = 6,    // a body that is kept as it is (--types)
  kLast = kOther,
};

enum class ParseStatus : uint8_t {
  kNone = 0,  // nothing to parse (no body, unsupported type)
  kOk = 1,
  kLimit = 2,  // stopped at the parser's byte cap or CPU deadline; links come from a linear scan
  kLast = kLimit,
};

// Which evidence chose the language.
enum class LangSource : uint8_t {
  kNone = 0,
  kMarkup = 1,    // lang attribute of <html>, xml:lang, <meta http-equiv=content-language>
  kHeader = 2,    // Content-Language
  kDetector = 3,  // guessed from the text
  kLast = kDetector,
};

// Which evidence chose the character encoding, strongest first.
enum class CharsetSource : uint8_t {
  kNone = 0,
  kBom = 1,
  kHttp = 2,
  kMeta = 3,
  kDetector = 4,
  kDefault = 5,
  kLast = kDefault,
};

std::string_view name(Outcome value);     // "ok", "dns_failed", …; "" for kNone
std::string_view name(UrlState value);    // "pending", "done", "skipped"
std::string_view name(SkipReason value);  // "out_of_scope", …; "" for kNone
std::string_view name(LinkKind value);    // "a", "area", "frame", "iframe", "link", "resource", …
std::string_view name(ParseStatus value);    // "none", "ok", "limit"
std::string_view name(CharsetSource value);  // "bom", "http", "meta", "detector", "default"; ""
std::string_view name(UrlRole value);        // "page", "seed", "sitemap", "asset"
std::string_view name(DocumentKind value);   // "html", "text", "feed", …; "" for kNone
std::string_view name(LangSource value);     // "markup", "header", "detector"; ""

std::optional<Outcome> outcome_named(std::string_view name);
std::optional<UrlRole> url_role_named(std::string_view name);

// True for the kinds that lead to pages (followed); false for assets and forms (recorded).
bool is_page_link(LinkKind kind);

}  // namespace crawl
