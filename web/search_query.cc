// SPDX-License-Identifier: MIT
#include "web/search_query.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "web/url.h"
#include "web/words.h"

namespace crawl {

namespace {

constexpr size_t kFoldersMax = 16;
constexpr std::string_view kSite = "site:";

Error invalid(std::string text) { return Error{Errc::kInvalid, 0, std::move(text)}; }

// What a keyboard or a telephone makes of a quotation mark.
size_t quote_at(std::string_view text, size_t at) {
  constexpr std::array<std::string_view, 8> kQuotes = {"\"", "“", "”", "„", "‟", "«", "»", "＂"};
  for (const std::string_view quote : kQuotes) {
    if (text.substr(at).starts_with(quote)) return quote.size();
  }
  return 0;
}

size_t space_at(std::string_view text, size_t at) {
  if (std::string_view(" \t\r\n\v\f").find(text[at]) != std::string_view::npos) return 1;
  constexpr std::string_view kIdeographic = "　", kNoBreak = "\xC2\xA0";
  if (text.substr(at).starts_with(kIdeographic)) return kIdeographic.size();
  return text.substr(at).starts_with(kNoBreak) ? kNoBreak.size() : 0;
}

// The words of a piece in the order in which a page has them. The last letter of a run without
// spaces stands on its own only before another word; a run of one letter is the beginning of a
// pair.
SearchTerm term_of(std::string_view piece) {
  SearchTerm term;
  WordCutter cutter(piece);
  std::string last;  // of the run before
  bool in_run = false;
  for (Word word; cutter.next(word);) {
    if (!last.empty()) term.words.push_back(std::move(last));
    last.clear();
    term.is_prefix = false;
    if (word.kind == Word::Kind::kLast) {
      last = word.folded;
      if (!in_run) term.is_prefix = true;
      in_run = false;
    } else {
      term.words.emplace_back(word.folded);
      in_run = word.kind == Word::Kind::kPair;
    }
  }
  if (term.is_prefix) {
    term.words.push_back(std::move(last));
  } else if (last.empty() && !term.words.empty() && piece.ends_with('*')) {
    term.is_prefix = true;
  }
  return term;
}

class Reader {
 public:
  explicit Reader(std::string_view typed) : text_(typed) {}

  Result<SearchQuery> read() {
    while (skip_spaces()) {
      const bool unwanted = text_[at_] == '-';
      if (unwanted) ++at_;
      if (at_ == text_.size()) break;
      Result<void> done = quote_at(text_, at_) > 0 ? read_phrase(unwanted) : read_word(unwanted);
      if (!done) return done.error();
    }
    return check();
  }

 private:
  bool skip_spaces() {
    while (at_ < text_.size()) {
      const size_t space = space_at(text_, at_);
      if (space == 0) return true;
      at_ += space;
    }
    return false;
  }

  // One that is not closed goes on to the end.
  Result<void> read_phrase(bool unwanted) {
    at_ += quote_at(text_, at_);
    const size_t begin = at_;
    while (at_ < text_.size() && quote_at(text_, at_) == 0) ++at_;
    std::string phrase(text_.substr(begin, at_ - begin));
    if (at_ < text_.size()) at_ += quote_at(text_, at_);
    if (at_ < text_.size() && text_[at_] == '*') {
      ++at_;
      phrase += '*';
    }
    add(phrase, unwanted);
    return {};
  }

  Result<void> read_word(bool unwanted) {
    const size_t begin = at_;
    while (at_ < text_.size() && space_at(text_, at_) == 0 && quote_at(text_, at_) == 0) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (!starts_ignoring_case(word, kSite)) {
      add(word, unwanted);
      return {};
    }
    return add_site(word.substr(kSite.size()), unwanted);
  }

  void add(std::string_view piece, bool unwanted) {
    SearchTerm term = term_of(piece);
    std::vector<SearchTerm>& terms = unwanted ? query_.unwanted : query_.wanted;
    const bool known = std::find(terms.begin(), terms.end(), term) != terms.end();
    if (!term.words.empty() && !known) terms.push_back(std::move(term));
  }

  Result<void> add_site(std::string_view site, bool unwanted) {
    const std::string shown = std::string(kSite) + std::string(site);
    const size_t scheme = site.find("://");
    if (scheme != std::string_view::npos) site.remove_prefix(scheme + 3);
    if (site.starts_with("*.")) site.remove_prefix(2);
    if (site.starts_with('.')) site.remove_prefix(1);
    const Result<Url> url = Url::parse("http://" + std::string(site));
    if (site.empty() || !url || url->has_credentials()) {
      return invalid(shown + " names no host; write site:example.com or site:example.com/folder/");
    }
    std::string key = url->authority();
    std::string_view path = url->path();
    if (path.ends_with('/')) path.remove_suffix(1);
    if (std::count(path.begin(), path.end(), '/') > static_cast<std::ptrdiff_t>(kFoldersMax)) {
      return invalid(shown + " is too deep; leave the last folders out");
    }
    if (!path.empty()) key.append(path).append("/");
    (unwanted ? query_.other_sites : query_.sites).push_back(std::move(key));
    return {};
  }

  Result<SearchQuery> check() {
    const size_t terms = query_.wanted.size() + query_.unwanted.size() + query_.sites.size() +
                         query_.other_sites.size();
    if (terms > kSearchTermsMax) {
      return invalid("too many words: look for " + std::to_string(kSearchTermsMax) + " at most");
    }
    if (query_.wanted.empty()) {
      return invalid("nothing to look for: name at least one word that pages are to have");
    }
    return std::move(query_);
  }

  std::string_view text_;
  size_t at_ = 0;
  SearchQuery query_;
};

// "docs.example.com" and what is above it; an address is whole.
std::vector<std::string> hosts_above(std::string_view host) {
  std::vector<std::string> hosts = {std::string(host)};
  const bool is_address = host.starts_with('[') || (host.back() >= '0' && host.back() <= '9');
  for (size_t dot = host.find('.'); !is_address && dot != std::string_view::npos;
       dot = host.find('.')) {
    host.remove_prefix(dot + 1);
    if (!host.empty()) hosts.emplace_back(host);
  }
  return hosts;
}

}  // namespace

Result<SearchQuery> parse_search_query(std::string_view typed) {
  if (typed.size() > kSearchBytesMax) {
    return invalid("too long: look for " + std::to_string(kSearchBytesMax) + " bytes at most");
  }
  return Reader(typed).read();
}

std::vector<std::string> site_keys(std::string_view href) {
  const Result<Url> url = Url::parse(href);
  if (!url || url->host().empty()) return {};
  std::vector<std::string> keys = hosts_above(url->host());
  const bool has_port = url->authority().size() > url->host().size();
  if (has_port) {
    const std::string port = url->authority().substr(url->host().size());
    for (size_t i = 0, count = keys.size(); i < count; ++i) keys.push_back(keys[i] + port);
  }
  const std::string_view path = url->path();
  size_t slash = path.find('/', 1);
  for (size_t depth = 0; slash != std::string_view::npos && depth < kFoldersMax; ++depth) {
    const std::string_view folder = path.substr(0, slash + 1);
    keys.push_back(std::string(url->host()).append(folder));
    if (has_port) keys.push_back(url->authority().append(folder));
    slash = path.find('/', slash + 1);
  }
  return keys;
}

}  // namespace crawl
