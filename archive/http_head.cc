// SPDX-License-Identifier: MIT
#include "archive/http_head.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"

namespace crawl {

namespace {

std::string_view reason_of(int64_t status) {
  static constexpr std::array<std::pair<int, std::string_view>, 16> kReasons = {
      {{200, "OK"},
       {201, "Created"},
       {203, "Non-Authoritative Information"},
       {204, "No Content"},
       {206, "Partial Content"},
       {300, "Multiple Choices"},
       {301, "Moved Permanently"},
       {302, "Found"},
       {303, "See Other"},
       {304, "Not Modified"},
       {307, "Temporary Redirect"},
       {308, "Permanent Redirect"},
       {404, "Not Found"},
       {410, "Gone"},
       {500, "Internal Server Error"},
       {503, "Service Unavailable"}}};
  for (const auto& [number, reason] : kReasons) {
    if (number == status) return reason;
  }
  return "";
}

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string visible(std::string_view line) {
  std::string text(line);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\r' || c == '\0'; }, ' ');
  return text;
}

bool is_coding(std::string_view name) {
  return equals_ignoring_case(name, "content-encoding") ||
         equals_ignoring_case(name, "transfer-encoding");
}

}  // namespace

std::string archived_head(int64_t status, std::string_view lines, uint64_t body_bytes) {
  std::string head = "HTTP/1.1 " + std::to_string(status) + " ";
  head.append(reason_of(status)).append("\r\n");
  const std::string length = std::to_string(body_bytes);
  bool has_length = false;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trimmed(line).empty()) continue;  // it would end the head
    const size_t colon = line.find(':');
    const std::string_view name = trimmed(line.substr(0, colon));
    const bool is_length = equals_ignoring_case(name, "content-length");
    const bool right = is_length && !has_length && trimmed(line.substr(colon + 1)) == length;
    has_length |= right;
    const bool wrong = is_coding(name) || (is_length && !right);
    head.append(wrong ? "x-orig-" : "").append(visible(wrong ? trimmed(line) : line));
    head.append("\r\n");
  }
  if (!has_length) head.append("Content-Length: ").append(length).append("\r\n");
  return head + "\r\n";
}

std::string_view type_in_head(std::string_view head) {
  while (!head.empty()) {
    const size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    const size_t colon = std::min(line.find(':'), line.size());
    if (!equals_ignoring_case(trimmed(line.substr(0, colon)), "content-type")) continue;
    const std::string_view value = line.substr(std::min(colon + 1, line.size()));
    return trimmed(value.substr(0, value.find(';')));
  }
  return "";
}

}  // namespace crawl
