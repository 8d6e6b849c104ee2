// SPDX-License-Identifier: MIT
#pragma once

// Text in the columns of a terminal, or of any font whose letters are equally wide.

#include <cstdint>
#include <string>
#include <string_view>

namespace crawl {

// Columns that UTF-8 takes: two for what is wide (Chinese, emoji), none for what joins the letter
// before it. Control characters and invalid bytes count as one; escape them first.
int display_width(std::string_view utf8);

// The longest beginning, in whole characters, that takes at most `columns`.
std::string fit_columns(std::string_view utf8, int columns);
// The same with "…" at the end where something is missing.
std::string abridge(std::string_view utf8, int columns);

// Of the terminal at `fd`; 80 where it does not tell.
int terminal_columns(int fd);
// The same; 24.
int terminal_rows(int fd);

// 1234567 → "1,234,567"
std::string group_digits(int64_t number);
// "1 page", "1,234 pages"; without `many`, `one` and an s.
std::string counted(int64_t number, std::string_view one, std::string_view many = "");

}  // namespace crawl
