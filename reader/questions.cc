// SPDX-License-Identifier: MIT
#include "reader/questions.h"

#include <algorithm>

#include "base/ascii.h"
#include "storage/rows.h"

namespace crawl {

std::string view_of_question(std::string_view name) {
  std::string view(name);
  std::replace(view.begin(), view.end(), '-', '_');
  return view;
}

bool is_question_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_letter(c) || is_ascii_digit(c) || c == '-' || c == '_';
  });
}

Result<std::vector<std::string>> question_names(Database& database) {
  std::vector<std::string> names;
  const Result<void> read =
      for_each_row(database, "SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name",
                   [&](const Statement& row) { names.emplace_back(row.text(0)); });
  if (!read) return read.error();
  for (std::string& name : names) std::replace(name.begin(), name.end(), '_', '-');
  return names;
}

}  // namespace crawl
