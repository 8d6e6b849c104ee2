// SPDX-License-Identifier: MIT
#include "fetcher/response_head.h"

#include <charconv>

#include "base/ascii.h"

namespace crawl {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls visitor(token) for each non-empty member of a comma-separated list.
template <typename Visitor>
void visit_list(std::string_view list, Visitor visitor) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view token = trimmed(list.substr(0, comma));
    if (!token.empty()) visitor(token);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

std::optional<uint64_t> decimal(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

}  // namespace

void ResponseHead::clear() { *this = ResponseHead(); }

ResponseHead::Problem ResponseHead::add_line(std::string_view line) {
  bytes_ += line.size();
  ++line_count_;
  if (bytes_ > kHeaderBytesMax || line_count_ > kHeaderLinesMax) return Problem::kTooLarge;
  if (complete_) return Problem::kNone;  // a trailer
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (!in_block_) {
    begin(line);
    return Problem::kNone;
  }
  if (line.empty()) return finish_block();
  // RFC 9112 §2.2: white space before the first field continues nothing; the line is left out.
  if (lines_.empty() && (line.front() == ' ' || line.front() == '\t')) return Problem::kNone;
  if (!lines_.empty()) lines_ += "\r\n";
  lines_ += line;
  return Problem::kNone;
}

void ResponseHead::begin(std::string_view status_line) {
  in_block_ = true;
  lines_.clear();
  status_ = 0;
  const size_t space = status_line.find(' ');
  if (space == std::string_view::npos) return;
  const auto status = decimal(status_line.substr(space + 1, 3));
  if (status && *status >= 100) status_ = static_cast<int>(*status);
}

ResponseHead::Problem ResponseHead::finish_block() {
  if (status_ >= 100 && status_ < 200 && status_ != 101) {
    in_block_ = false;
    return Problem::kNone;
  }
  complete_ = true;
  const Problem problem = check_codings();
  return problem == Problem::kNone ? check_lengths() : problem;
}

ResponseHead::Problem ResponseHead::check_codings() {
  bool has_brotli = false;
  bool has_zstd = false;
  visit_list(joined_values("content-encoding"), [&](std::string_view coding) {
    if (equals_ignoring_case(coding, "identity")) return;
    ++codings_;
    has_brotli |= equals_ignoring_case(coding, "br");
    has_zstd |= equals_ignoring_case(coding, "zstd");
  });
  // libcurl would undo these as well.
  bool has_transfer_coding = false;
  visit_list(joined_values("transfer-encoding"), [&](std::string_view coding) {
    has_transfer_coding |=
        !equals_ignoring_case(coding, "chunked") && !equals_ignoring_case(coding, "identity");
  });
  if (codings_ > (has_brotli ? 1 : kContentCodingsMax)) return Problem::kTooManyCodings;
  return has_zstd || has_transfer_coding ? Problem::kUnaskedCoding : Problem::kNone;
}

ResponseHead::Problem ResponseHead::check_lengths() {
  bool conflict = false;
  visit_list(joined_values("content-length"), [&](std::string_view token) {
    const auto length = decimal(token);
    if (!length || (announced_length_ && announced_length_ != length)) conflict = true;
    if (length) announced_length_ = length;
  });
  if (announced_length_ && !value("transfer-encoding").empty()) conflict = true;
  return conflict ? Problem::kConflictingLengths : Problem::kNone;
}

template <typename Visitor>
void ResponseHead::visit(std::string_view name, Visitor visitor) const {
  std::string_view rest = lines_;
  while (!rest.empty()) {
    size_t end = rest.find("\r\n");
    // RFC 9112 §5.2: a line that begins with white space continues the field before it.
    while (end != std::string_view::npos && end + 2 < rest.size() &&
           (rest[end + 2] == ' ' || rest[end + 2] == '\t')) {
      end = rest.find("\r\n", end + 2);
    }
    const std::string_view field = rest.substr(0, end);
    const size_t colon = field.find(':');
    if (colon != std::string_view::npos &&
        equals_ignoring_case(trimmed(field.substr(0, colon)), name)) {
      std::string unfolded(trimmed(field.substr(colon + 1)));
      for (char& c : unfolded) {
        if (c == '\r' || c == '\n') c = ' ';
      }
      if (!visitor(std::move(unfolded))) return;
    }
    if (end == std::string_view::npos) return;
    rest.remove_prefix(end + 2);
  }
}

std::string ResponseHead::value(std::string_view name) const {
  std::string found;
  visit(name, [&](std::string&& text) {
    found = std::move(text);
    return false;
  });
  return found;
}

std::string ResponseHead::joined_values(std::string_view name, std::string_view separator) const {
  std::string joined;
  visit(name, [&](const std::string& text) {
    if (!joined.empty()) joined += separator;
    joined += text;
    return true;
  });
  return joined;
}

}  // namespace crawl
