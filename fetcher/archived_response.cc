// SPDX-License-Identifier: MIT
#include "fetcher/archived_response.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/ascii.h"
#include "fetcher/gunzip.h"

namespace crawl {

namespace {

void fail(ArchivedResponse& response, Outcome outcome, std::string detail) {
  response.problem = outcome;
  response.detail = std::move(detail);
}

// Reads the head, and answers what is behind it.
std::string_view read_head(std::string_view message, ArchivedResponse& response) {
  while (!message.empty() && !response.head.complete()) {
    const size_t end = std::min(message.find('\n'), message.size());
    const ResponseHead::Problem problem = response.head.add_line(message.substr(0, end));
    message.remove_prefix(std::min(end + 1, message.size()));
    // The others are about codings that are undone here, or not there any more.
    if (problem == ResponseHead::Problem::kTooLarge) {
      fail(response, Outcome::kHeadersTooLarge, "more header fields than are read");
      return {};
    }
  }
  return message;
}

// RFC 9112 §7.1. nullopt: the body is not chunked, whatever the head says. What breaks off is taken
// as far as it goes.
std::optional<std::string> without_chunks(std::string_view body) {
  std::string whole;
  for (bool first = true;; first = false) {
    const size_t end = body.find("\r\n");
    const std::string_view line = body.substr(0, end);
    size_t size = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), size, 16);
    const bool whole_line = stop == line.data() + line.size() || *stop == ';' || *stop == ' ';
    if (end == std::string_view::npos || error != std::errc() || !whole_line) {
      return first ? std::nullopt : std::optional(std::move(whole));
    }
    body.remove_prefix(end + 2);
    if (size == 0) return whole;
    whole += body.substr(0, size);
    body.remove_prefix(std::min(size, body.size()));
    if (body.starts_with("\r\n")) body.remove_prefix(2);
  }
}

std::vector<std::string> content_codings(const ResponseHead& head) {
  std::vector<std::string> codings;
  std::string coding;
  for (const char c : head.joined_values("content-encoding") + ",") {
    if (c == ',') {
      if (!coding.empty() && coding != "identity") codings.push_back(coding);
      coding.clear();
    } else if (c != ' ' && c != '\t') {
      coding += ascii_lower(c);
    }
  }
  return codings;
}

// Undoes one coding of the body, if it is there.
void undo(const std::string& coding, uint64_t bytes_max, uint32_t ratio_max,
          ArchivedResponse& response) {
  const bool gzip = coding == "gzip" || coding == "x-gzip";
  if (!gzip && coding != "deflate") {
    return fail(response, Outcome::kProtocolError, "content coding " + coding + " is not undone");
  }
  if (gzip && !is_gzip(response.body)) return;
  Result<Gunzipped> plain = gzip ? gunzip(response.body, bytes_max, ratio_max)
                                 : inflate(response.body, bytes_max, ratio_max);
  if (plain) {
    response.body = std::move(plain->bytes);
  } else if (plain.error().code == Errc::kFull) {
    fail(response, Outcome::kDecodeBomb, plain.error().context);
  }  // else it is not coded that way
}

}  // namespace

ArchivedResponse read_archived_response(std::string_view message, uint64_t body_bytes_max,
                                        uint32_t decode_ratio_max) {
  ArchivedResponse response;
  const std::string_view body = read_head(message, response);
  if (response.problem != Outcome::kNone) return response;
  if (!response.head.complete()) {
    fail(response, Outcome::kIncomplete, "the record ends inside the header");
    return response;
  }
  std::optional<std::string> chunks;
  if (!response.head.value("transfer-encoding").empty()) chunks = without_chunks(body);
  response.body = chunks ? std::move(*chunks) : std::string(body);
  std::vector<std::string> codings = content_codings(response.head);
  if (codings.size() > static_cast<size_t>(kContentCodingsMax)) {
    fail(response, Outcome::kDecodeBomb, "more content codings, one in another, than are undone");
  }
  for (; !codings.empty() && response.problem == Outcome::kNone; codings.pop_back()) {
    undo(codings.back(), body_bytes_max, decode_ratio_max, response);
  }
  if (response.body.size() > body_bytes_max) {
    response.body.resize(body_bytes_max);
    response.truncated = true;
  }
  return response;
}

Outcome judge_status(int status) {
  if (status < 200) return Outcome::kProtocolError;
  if (status == 410) return Outcome::kGone;
  return status < 300 ? Outcome::kOk : Outcome::kHttpError;
}

}  // namespace crawl
