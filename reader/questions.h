// SPDX-License-Identifier: MIT
#pragma once

// The ready-made questions: views of storage/schema.sql, with what they answer.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "storage/database.h"

namespace crawl {

struct Question {
  std::string_view name;  // as people write it: "broken-links"
  std::string_view answers;
};
inline constexpr std::array<Question, 9> kQuestions = {{
    {"broken-links", "links whose targets cannot be had, and where they are"},
    {"redirects", "URLs that lead elsewhere, and where they end"},
    {"duplicates", "pages whose bodies are the same"},
    {"near-duplicates", "pages that read much alike"},
    {"orphans", "pages that no other page leads to"},
    {"largest", "pages by size"},
    {"slowest", "pages by the time that they took"},
    {"changes", "pages that are new, changed or gone, by run"},
    {"by-host", "URLs, pages and bytes of each host"},
}};

// "broken-links" → "broken_links"
std::string view_of_question(std::string_view name);
// A word that may be such a name, or that of any view; SQL is never a word alone.
bool is_question_name(std::string_view text);
// Names of all views, as people write them.
Result<std::vector<std::string>> question_names(Database& database);

}  // namespace crawl
