// SPDX-License-Identifier: MIT
#include "base/columns.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <clocale>
#include <cwchar>

namespace crawl {

namespace {

// wcwidth() goes by the locale of the thread; the process keeps its own.
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(shared())) {}
  ~Utf8Locale() { uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t shared() {
    static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;  // 0, where there is none, changes nothing: all is one column wide then
  }
  locale_t before_;
};

struct Character {
  size_t bytes = 1;
  int columns = 1;
};

// The one at the beginning of `text`, which is not empty.
Character first_character(std::string_view text) {
  if (static_cast<unsigned char>(text[0]) < 0x80) return {};
  std::mbstate_t state{};
  wchar_t wide = 0;
  const size_t bytes = std::mbrtowc(&wide, text.data(), std::min<size_t>(text.size(), 4), &state);
  if (bytes == 0 || bytes > 4) return {};  // no UTF-8
  const int columns = wcwidth(wide);
  return {bytes, columns < 0 ? 1 : columns};
}

}  // namespace

int display_width(std::string_view utf8) {
  const Utf8Locale locale;
  int columns = 0;
  while (!utf8.empty()) {
    const Character next = first_character(utf8);
    columns += next.columns;
    utf8.remove_prefix(next.bytes);
  }
  return columns;
}

std::string fit_columns(std::string_view utf8, int columns) {
  const Utf8Locale locale;
  size_t end = 0;
  while (end < utf8.size()) {
    const Character next = first_character(utf8.substr(end));
    if (next.columns > columns) break;
    columns -= next.columns;
    end += next.bytes;
  }
  return std::string(utf8.substr(0, end));
}

std::string abridge(std::string_view utf8, int columns) {
  std::string whole = fit_columns(utf8, columns);
  if (whole.size() == utf8.size()) return whole;
  return columns < 1 ? "" : fit_columns(utf8, columns - 1) + "…";
}

int terminal_columns(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

int terminal_rows(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return 24;
  return size.ws_row;
}

std::string group_digits(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t sign = number < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > sign + 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string counted(int64_t number, std::string_view one, std::string_view many) {
  std::string text = group_digits(number) + ' ';
  if (number == 1) return text.append(one);
  return many.empty() ? text.append(one) + 's' : text.append(many);
}

}  // namespace crawl
