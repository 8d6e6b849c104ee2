// SPDX-License-Identifier: MIT
#pragma once

// A page of HTML, written piece by piece. What is markup is fixed when this is compiled; everything
// else is escaped on its way, so that nothing that was read from a database can become markup,
// whoever puts the page together.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace crawl {

// Takes the next bytes of the page. False: it can take no more.
using Sink = std::function<bool(std::string_view bytes)>;

// Text of ours, from a literal only.
class Markup {
 public:
  consteval Markup(const char* literal) : text_(literal) {}
  constexpr std::string_view view() const { return text_; }

 private:
  std::string_view text_;
};

// What is shown: text, or the inside of an attribute in double quotes.
struct Text {
  std::string_view value;
};
// 1234567 as "1,234,567".
struct Grouped {
  int64_t value;
};
// For machines: 1234567, and with at most two decimals.
struct Plain {
  double value;
};
// A fraction of the width that there is: 0.5 as "50%".
struct Percent {
  double value;
};

class Html {
 public:
  explicit Html(Sink sink) : sink_(std::move(sink)) {}
  ~Html() { flush(); }
  Html(const Html&) = delete;
  Html& operator=(const Html&) = delete;

  Html& operator<<(Markup markup);
  Html& operator<<(Text text);
  Html& operator<<(Grouped number);
  Html& operator<<(Plain number);
  Html& operator<<(Percent fraction);
  // What is ours without being a literal: the style and the script that are compiled in.
  Html& asset(std::string_view text);

  // False when the sink could not take everything.
  bool flush();

 private:
  Html& add(std::string_view bytes);

  Sink sink_;
  std::string buffer_;
  bool failed_ = false;
};

// At most `columns` of it, with "…" in its middle where something is missing: the end of a URL
// tells as much as its beginning.
std::string abridge_middle(std::string_view utf8, int columns);

// A URL of which at most `columns` are shown, with all of it as its title then; a link where it is
// one of http or https.
void write_url(Html& html, std::string_view url, int columns = 90);

// 2026-01-31 23:59 UTC, in an element that says so to programs too.
void write_time(Html& html, int64_t wall_ms);

}  // namespace crawl
