// SPDX-License-Identifier: MIT
#include "fetcher/link_collector.h"

#include <algorithm>

#include "base/escape.h"
#include "fetcher/ascii.h"

namespace crawl {
namespace {

constexpr size_t kBlownUpBytesMax = size_t{16} << 20;  // of URLs, beyond three times their hrefs
constexpr size_t kSeenMax = 64 * 1024;                 // distinct hrefs remembered per page
constexpr size_t kBucketsKept = 4096;
// A query longer than this in UTF-8, where a character takes up to 12 bytes, is too long in every
// encoding: there, it takes two at least.
constexpr size_t kEncodedQueryBytesMax = 6 * kUrlBytesMax;

// Schemes whose URLs are no places to go. The URL parser strips leading C0 controls and spaces.
bool is_never_a_place(std::string_view href) {
  while (!href.empty() && static_cast<unsigned char>(href.front()) <= 0x20) href.remove_prefix(1);
  for (std::string_view scheme : {"javascript:", "data:", "blob:", "about:"}) {
    if (starts_ignoring_case(href, scheme)) return true;
  }
  return false;
}

// The query of an href, where it has a character beyond ASCII; else "". The URL parser trims
// trailing C0 controls and spaces.
std::string_view query_beyond_ascii(std::string_view href) {
  while (!href.empty() && static_cast<unsigned char>(href.back()) <= 0x20) href.remove_suffix(1);
  href = href.substr(0, href.find('#'));
  const size_t mark = href.find('?');
  if (mark == std::string_view::npos) return {};
  href.remove_prefix(mark + 1);
  const bool is_ascii = std::all_of(href.begin(), href.end(),
                                    [](char c) { return static_cast<signed char>(c) >= 0; });
  return is_ascii ? std::string_view() : href;
}

// URL Standard §4.4 "query state": special schemes but ws and wss.
bool may_encode_query(const Url& url) {
  return url.is_http() || url.scheme() == "ftp" || url.scheme() == "file";
}

// `canonical` is what `href` was parsed to: the same with its query as `encoder` has it, or ""
// where that makes no difference.
std::string with_encoded_query(const Url& canonical, std::string_view href, QueryEncoder& encoder) {
  const std::string_view query = query_beyond_ascii(href);
  if (query.empty() || !may_encode_query(canonical)) return {};
  const std::string_view in_utf8 = canonical.query();
  if (in_utf8.size() > kEncodedQueryBytesMax) return {};
  std::string text(canonical.href(), 0, canonical.href().size() - in_utf8.size());
  encoder.append(query, text);
  return text;
}

}  // namespace

void LinkCollector::begin(std::string_view url, PageResult& result, StringPool& pool) {
  result_ = &result;
  pool_ = &pool;
  // Clearing costs time by buckets, which a page with many links leaves behind ("= {}" too).
  if (seen_.bucket_count() > kBucketsKept) seen_ = decltype(seen_)();
  seen_.clear();
  has_base_element_ = false;
  blown_up_bytes_ = text_bytes_ = 0;
  as_scanned_ = false;
  links_max_ = kLinksMax;
  encoder_ = nullptr;
  base_.reset();
  base_href_ = {};
  if (url.empty()) return;
  if (auto parsed = Url::parse(url)) use_as_base(std::move(*parsed));
}

void LinkCollector::encode_queries(QueryEncoder& encoder) {
  encoder_ = &encoder;
  seen_.clear();
}

void LinkCollector::set_base(std::string_view href) {
  if (has_base_element_) return;
  has_base_element_ = true;
  auto parsed = base_ ? Url::parse(href, *base_) : Url::parse(href);
  if (!parsed || parsed->scheme() == "data" || parsed->scheme() == "javascript") return;
  if (encoder_ != nullptr) {
    const std::string encoded = with_encoded_query(parsed->canonical(), href, *encoder_);
    if (!encoded.empty()) parsed = Url::parse(encoded);
    if (!parsed) return;
  }
  use_as_base(std::move(*parsed));
  seen_.clear();
}

// With a base that is too long nearly all links would be, at a great cost: only those that need
// none count then.
void LinkCollector::use_as_base(Url base) {
  base_.reset();
  base_href_ = {};
  const std::string href = base.canonical().href();
  if (href.size() > kUrlBytesMax) return;
  base_ = std::move(base);
  base_href_ = pool_->add(href);
}

size_t LinkCollector::add(LinkKind kind, std::string_view href, std::string_view rel) {
  if (result_->links.size() >= links_max_) {
    ++result_->links_dropped;
    return kNone;
  }
  const bool is_utf8 = kind == LinkKind::kStyle && !query_beyond_ascii(href).empty();
  const Resolved resolved = is_utf8 ? parse(href, nullptr) : resolve(href);
  if (resolved.href.empty()) {
    ++result_->links_dropped;
    return kNone;
  }
  const bool leads_to_page = is_page_link(kind);
  PageLink& link = result_->links.emplace_back();
  link.href = resolved.href;
  link.kind = as_scanned_ && leads_to_page ? LinkKind::kScanned : kind;
  if (!rel.empty()) link.rel = normal_rel(rel);
  return result_->links.size() - 1;
}

void LinkCollector::set_anchor(size_t index, std::string_view text) {
  if (index >= result_->links.size() || text_bytes_ >= text_bytes_max()) return;
  std::string_view& anchor = result_->links[index].anchor;
  anchor = keep(text, kAnchorBytesMax);
  text_bytes_ += anchor.size();
}

std::string_view LinkCollector::resolve_http(std::string_view href) {
  const Resolved& resolved = resolve(href);
  return resolved.is_http ? resolved.href : std::string_view();
}

const LinkCollector::Resolved& LinkCollector::resolve(std::string_view href) {
  if (const auto found = seen_.find(href); found != seen_.end()) return found->second;
  if (seen_.size() >= kSeenMax) seen_.clear();
  return seen_.emplace(href, parse(href, encoder_)).first->second;
}

LinkCollector::Resolved LinkCollector::parse(std::string_view href, QueryEncoder* encoder) {
  // A fragment alone names the base itself.
  if (href.starts_with('#') && !base_href_.empty() && base_->is_http()) return {base_href_, true};
  if (is_never_a_place(href)) return {};
  const auto parsed = base_ ? Url::parse(href, *base_) : Url::parse(href);
  if (!parsed || is_never_a_place(parsed->href())) return {};
  const bool is_http = parsed->is_http();
  const bool is_canonical = !parsed->has_fragment() && !parsed->has_credentials();
  const Url made = is_canonical ? Url() : parsed->canonical();
  const Url& canonical = is_canonical ? *parsed : made;
  const std::string encoded =
      encoder != nullptr ? with_encoded_query(canonical, href, *encoder) : std::string();
  const std::string& text = encoded.empty() ? canonical.href() : encoded;
  if (text.size() > kUrlBytesMax) return {pool_->add(shortened_url(text)), false};
  // A long base makes much of little.
  blown_up_bytes_ += text.size() - std::min(text.size(), 3 * href.size());
  if (blown_up_bytes_ > kBlownUpBytesMax) return {};
  if (text_bytes_ + text.size() > text_bytes_max()) return {};
  text_bytes_ += text.size();
  return {pool_->add(text), is_http};
}

std::string_view LinkCollector::normal_rel(std::string_view rel) {
  scratch_.clear();
  for (std::string_view token = next_token(rel); !token.empty(); token = next_token(rel)) {
    if (scratch_.size() + 1 + token.size() > kShortBytesMax) break;
    if (!scratch_.empty()) scratch_.push_back(' ');
    std::transform(token.begin(), token.end(), std::back_inserter(scratch_), ascii_lower);
  }
  return keep(scratch_, kShortBytesMax);
}

std::string_view LinkCollector::keep(std::string_view text, size_t bytes_max) {
  // Character references may produce bytes that are no UTF-8 (see html_extract.cc).
  const std::string_view part = utf8_prefix(text, bytes_max);
  if (is_valid_utf8(part) && part.find('\0') == std::string_view::npos) return pool_->add(part);
  std::string text_only = to_valid_utf8(part);
  text_only.erase(std::remove(text_only.begin(), text_only.end(), '\0'), text_only.end());
  return pool_->add(utf8_prefix(text_only, bytes_max));
}

std::string_view LinkCollector::keep_collapsed(std::string_view text, size_t bytes_max) {
  std::string collapsed;
  // Keep room: white space may make up most of it.
  while (collapsed.size() <= bytes_max) {
    const std::string_view token = next_token(text);
    if (token.empty()) break;
    if (!collapsed.empty()) collapsed.push_back(' ');
    collapsed += utf8_prefix(token, bytes_max);
  }
  return trim_ascii_space(keep(collapsed, bytes_max));
}

}  // namespace crawl
