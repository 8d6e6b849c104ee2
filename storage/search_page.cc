// SPDX-License-Identifier: MIT
#include "storage/search_page.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "base/vocabulary.h"
#include "storage/preflight.h"
#include "web/words.h"

namespace crawl {

namespace {

constexpr int kNoindex = 1, kUnavailable = 8;  // of page.robots_directives

constexpr const char* kPage =
    "SELECT u.url, p.title, p.description, p.outcome, p.changed_at, p.text_hash, p.text_bytes, "
    "p.robots_directives, p.unavailable_after, p.document, p.content_id, c.text IS NULL, "
    "c.main_text IS NULL FROM page p JOIN url u ON u.id = p.url_id "
    "LEFT JOIN content c ON c.id = p.content_id WHERE p.url_id = ?1";

bool can_be_found(const Statement& row, int64_t now_ms) {
  if (row.is_null(4) || row.is_null(10) || row.integer(11) != 0) return false;
  if (row.text(3) == name(Outcome::kGone) || row.text(9) == name(DocumentKind::kSitemap)) {
    return false;
  }
  if ((row.integer(7) & (kNoindex | kUnavailable)) != 0) return false;
  return row.is_null(8) || row.integer(8) > now_ms;
}

int64_t digest_of(const Statement& row) {
  XXH64_hash_t hash = 0;
  for (const int column : {1, 2, 5, 6, 12}) {
    const std::string_view value = row.text(column);
    hash = XXH3_64bits_withSeed(value.data(), value.size(), hash + (row.is_null(column) ? 1 : 0));
  }
  return static_cast<int64_t>(hash);
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kSpaces = " \t\r\f";
  const size_t begin = line.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kSpaces) - begin + 1);
}

// Takes the next line off.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view take_full_line(std::string_view& text) {
  while (!text.empty()) {
    const std::string_view line = trimmed(take_line(text));
    if (!line.empty()) return line;
  }
  return {};
}

// It may not be a whole one.
void drop_last_character(std::string& text) {
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
  if (!text.empty()) text.pop_back();
}

}  // namespace

Result<SearchPageReader> SearchPageReader::create(Database& crawl) {
  Result<Statement> page = crawl.prepare(kPage);
  if (!page) return page.error();
  return SearchPageReader(crawl, std::move(*page));
}

SearchPageReader::SearchPageReader(SearchPageReader&& other) noexcept = default;
SearchPageReader::~SearchPageReader() = default;

Result<SearchPage> SearchPageReader::read(int64_t url_id, int64_t now_ms) {
  page_.bind(1, url_id);
  const Result<bool> row = page_.step();
  if (!row) return row.error();
  SearchPage page;
  if (!*row) return page;
  page.can_be_found = can_be_found(page_, now_ms);
  page.url = page_.text(0);
  page.title = page_.text(1);
  page.description = page_.text(2);
  if (page_.integer(6) > 0 && !page_.is_null(5)) page.text_hash = page_.integer(5);
  page.digest = digest_of(page_);
  page.changed_at = page_.integer(4);
  page.content_id = page_.integer(10);
  page.has_main_text = page_.integer(12) == 0;
  page_.reset();
  return page;
}

Result<std::string> SearchPageReader::read_text(const SearchPage& page, Part part,
                                                size_t bytes_max) {
  // Not by a query, which would read the whole of a text before it cut it.
  sqlite3_blob* blob = nullptr;
  const char* column = part == Part::kMainText && page.has_main_text ? "main_text" : "text";
  int rc =
      sqlite3_blob_open(crawl_->handle(), "main", "content", column, page.content_id, 0, &blob);
  std::string text;
  if (rc == SQLITE_OK) {
    const auto size = static_cast<size_t>(sqlite3_blob_bytes(blob));
    text.resize(std::min(size, bytes_max));
    rc = sqlite3_blob_read(blob, text.data(), static_cast<int>(text.size()), 0);
    if (size > text.size()) drop_last_character(text);
  }
  if (rc != SQLITE_OK) {
    Error error = sqlite_error(crawl_->handle(), "read");
    sqlite3_blob_close(blob);
    return error;
  }
  sqlite3_blob_close(blob);
  return text;
}

void append_words(std::string_view text, std::string& words) {
  WordCutter cutter(text);
  for (Word word; cutter.next(word);) words.append(word.folded).append(1, ' ');
}

std::string rest_of(std::string_view text, std::string_view main_text) {
  std::string rest;
  std::string_view main_line = take_full_line(main_text);
  while (!text.empty()) {
    const std::string_view line = take_full_line(text);
    if (line.empty()) break;
    if (line == main_line) {
      main_line = take_full_line(main_text);
    } else {
      rest.append(line).append(1, '\n');
    }
  }
  return rest;
}

std::string site_word(std::string_view key) {
  return fmt::format("{:016x}", XXH3_64bits(key.data(), key.size()));
}

}  // namespace crawl
