// SPDX-License-Identifier: MIT
#pragma once

// What full text search reads of a page. Seen by search*.cc only.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/database.h"

struct sqlite3_blob;

namespace crawl {

inline constexpr size_t kSearchedTextMax = size_t{4} << 20;  // of a page; what follows is not found

// The page as it is now.
struct SearchPage {
  bool can_be_found = false;  // it has a text, and does not ask to be left out
  std::string url, title, description;
  std::optional<int64_t> text_hash;  // nullopt: there is no text that another page could share
  int64_t digest = 0;                // another one: what is found of the page may be another
  int64_t changed_at = 0;
  int64_t content_id = 0;
  bool has_main_text = false;  // apart from its text
};

class SearchPageReader {
 public:
  static Result<SearchPageReader> create(Database& crawl);
  SearchPageReader(SearchPageReader&& other) noexcept;
  SearchPageReader& operator=(SearchPageReader&& other) = delete;
  SearchPageReader(const SearchPageReader&) = delete;
  ~SearchPageReader();

  // `now_ms` (wall): a page that asks not to be shown any more by then cannot be found. A page that
  // is not there cannot either.
  Result<SearchPage> read(int64_t url_id, int64_t now_ms);
  // At most `bytes_max` of its text, in whole characters, however long that is.
  enum class Part { kText, kMainText };
  Result<std::string> read_text(const SearchPage& page, Part part, size_t bytes_max);

 private:
  SearchPageReader(Database& crawl, Statement page) : crawl_(&crawl), page_(std::move(page)) {}

  Database* crawl_;
  Statement page_;
};

// Writes the words of a text, folded, a space between two.
void append_words(std::string_view text, std::string& words);
// The lines of `text` that are not those of `main_text`, which has some of them in the same order.
std::string rest_of(std::string_view text, std::string_view main_text);
// The word that stands for a key of site_keys() in the index.
std::string site_word(std::string_view key);

}  // namespace crawl
