// SPDX-License-Identifier: MIT
#include "archive/warc_reader.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "web/w3c_date.h"

namespace crawl {

namespace {

constexpr std::string_view kVersion = "WARC/";
constexpr size_t kReadBytes = 32 * 1024;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_known_version(std::string_view line) {
  return line == "WARC/1.0" || line == "WARC/1.1" || line == "WARC/0.18" || line == "WARC/0.17";
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), ascii_lower);
  return result;
}

// False: the length is no number.
bool take_field(std::string_view name, std::string_view value, WarcEntry& entry, bool& has_length) {
  const auto is = [name](std::string_view wanted) { return equals_ignoring_case(name, wanted); };
  if (is("warc-type")) entry.type = lower(value);
  if (is("warc-target-uri")) {
    if (value.starts_with('<') && value.ends_with('>')) value = value.substr(1, value.size() - 2);
    entry.target_uri = value;
  }
  if (is("warc-date")) entry.date_ms = parse_w3c_date(value).value_or(0);
  if (is("content-type")) entry.content_type = value;
  if (is("warc-refers-to")) entry.refers_to = value;
  if (is("warc-ip-address")) entry.ip_address = value;
  if (is("warc-truncated")) entry.truncated = lower(value);
  if (!is("content-length")) return true;
  const auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), entry.length);
  const bool fresh = !std::exchange(has_length, true);
  return error == std::errc() && end == value.data() + value.size() && fresh;
}

// nullopt: no header of a record. A line that begins with white space goes on with the one before.
std::optional<WarcEntry> parse_header(std::string_view header) {
  WarcEntry entry;
  std::string name, value;
  bool first = true, good = true, has_length = false;
  while (!header.empty() && good) {
    const size_t end = std::min(header.find('\n'), header.size());
    const std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    if (std::exchange(first, false)) {
      if (!is_known_version(trimmed(line))) return std::nullopt;
      continue;
    }
    if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
      value.append(" ").append(trimmed(line));
      continue;
    }
    good = take_field(name, value, entry, has_length);
    const size_t colon = line.find(':');
    name = trimmed(line.substr(0, colon));
    value = colon == std::string_view::npos ? "" : trimmed(line.substr(colon + 1));
  }
  good = good && take_field(name, value, entry, has_length);
  if (!good || !has_length || entry.type.empty()) return std::nullopt;
  return entry;
}

}  // namespace

WarcReader::WarcReader(ReadBytes read) : members_(std::move(read)) {}

Error WarcReader::corrupt(const std::string& what) const {
  const uint64_t at = members_.compressed() ? members_.offset() : stream_at_;
  return Error{Errc::kCorrupt, 0, what + " at byte " + std::to_string(at)};
}

// There is no more of the block.
Error WarcReader::cut_off() {
  cut_off_ = !buffer_.empty();
  return corrupt(cut_off_ ? "a record is cut off by the next, which begins"
                          : "the file ends within a record");
}

// More bytes in the buffer, of this member or the next; false: there are no more.
Result<bool> WarcReader::fill() {
  if (!std::exchange(begun_, true)) {
    Result<bool> any = members_.next();
    if (!any || !*any) return any;
  }
  for (;;) {
    const size_t size = buffer_.size();
    buffer_.resize(size + kReadBytes);
    Result<size_t> got = members_.read(buffer_.data() + size, kReadBytes);
    buffer_.resize(size + (got ? *got : 0));
    if (!got) return got.error();
    if (*got > 0) return true;
    Result<bool> more = members_.next();
    if (!more || !*more) return more;
  }
}

// More bytes of a block; false: there are none, as the file ends or a record begins.
Result<bool> WarcReader::fill_block() {
  const uint64_t member = members_.offset();
  Result<bool> more = fill();
  if (!more || !*more || members_.offset() == member) return more;
  while (more && *more && buffer_.size() < kVersion.size()) more = fill();
  return more ? !buffer_.starts_with(kVersion) : more;
}

Result<void> WarcReader::pass_over(uint64_t bytes) {
  while (bytes > 0) {
    if (buffer_.empty()) {
      Result<bool> more = fill_block();
      if (!more) return more.error();
      if (!*more) return cut_off();
    }
    const auto step = static_cast<size_t>(std::min<uint64_t>(bytes, buffer_.size()));
    buffer_.erase(0, step);
    stream_at_ += step;
    bytes -= step;
  }
  return {};
}

// Between two records; false: the end.
Result<bool> WarcReader::skip_line_ends() {
  for (;;) {
    const size_t ends = std::min(buffer_.find_first_not_of("\r\n"), buffer_.size());
    buffer_.erase(0, ends);
    stream_at_ += ends;
    if (!buffer_.empty()) return true;
    Result<bool> more = fill();
    if (!more || !*more) return more;
  }
}

// After damage: the next gzip member, or the next line that looks like a record's first.
Result<bool> WarcReader::find_record() {
  if (members_.compressed()) {
    if (std::exchange(cut_off_, false)) return true;
    buffer_.clear();
    Result<bool> more = members_.next();
    return more && *more ? fill() : more;
  }
  for (;;) {
    size_t at = buffer_.find("\nWARC/1.");
    // Of lines that only begin like records, the last: each is looked at once.
    for (size_t next = at; next != std::string::npos;) {
      next = buffer_.find("\nWARC/1.", at + 1);
      const std::string_view between = std::string_view(buffer_).substr(at + 1, next - at - 1);
      if (next == std::string::npos || between.find("\n\n") != std::string_view::npos ||
          between.find("\r\n\r\n") != std::string_view::npos) {
        break;
      }
      at = next;
    }
    if (at != std::string::npos) {
      buffer_.erase(0, at + 1);
      stream_at_ += at + 1;
      return true;
    }
    const size_t dropped = buffer_.size() - std::min<size_t>(buffer_.size(), 8);
    buffer_.erase(0, dropped);
    stream_at_ += dropped;
    Result<bool> more = fill();
    if (!more || !*more) return more;
  }
}

// All lines up to the blank one, which is passed over; nullopt: there is none.
Result<std::optional<std::string>> WarcReader::header() {
  constexpr std::array<std::string_view, 2> kEnds = {"\r\n\r\n", "\n\n"};
  for (;;) {
    size_t end = std::string::npos, length = 0;
    for (const std::string_view one : kEnds) {
      const size_t at = buffer_.find(one);
      if (at < end) {
        end = at;
        length = one.size();
      }
    }
    const bool is_record = buffer_.compare(0, kVersion.size(), kVersion, 0,
                                           std::min(buffer_.size(), kVersion.size())) == 0;
    if (!is_record || end > kHeaderBytesMax) {
      if (!is_record || end != std::string::npos || buffer_.size() > kHeaderBytesMax) {
        return std::optional<std::string>();
      }
    } else {
      std::string text = buffer_.substr(0, end);
      buffer_.erase(0, end + length);
      stream_at_ += end + length;
      return std::optional<std::string>(std::move(text));
    }
    Result<bool> more = fill();
    if (!more) return more.error();
    if (!*more) return std::optional<std::string>();
  }
}

Result<std::optional<WarcEntry>> WarcReader::next() {
  const auto lost = [this](Error error) {
    lost_ = true;
    block_left_ = 0;
    return error;
  };
  if (Result<void> passed = pass_over(std::exchange(block_left_, 0)); !passed) {
    return lost(passed.error());
  }
  Result<bool> there = std::exchange(lost_, false) ? find_record() : skip_line_ends();
  if (!there) return lost(there.error());
  if (!*there) return std::optional<WarcEntry>();
  const uint64_t at = stream_at_;
  Result<std::optional<std::string>> text = header();
  if (!text) return lost(text.error());
  std::optional<WarcEntry> entry;
  if (*text) entry = parse_header(**text);
  if (!entry) return lost(corrupt("no WARC record"));
  entry->offset = members_.compressed() ? members_.offset() : at;
  block_left_ = entry->length;
  return entry;
}

Result<std::string> WarcReader::block(size_t bytes_max) {
  std::string bytes;
  auto wanted = static_cast<size_t>(std::min<uint64_t>(block_left_, bytes_max));
  while (wanted > 0) {
    if (buffer_.empty()) {
      Result<bool> more = fill_block();
      if (more && *more) continue;
      block_left_ = 0;
      lost_ = true;
      return more ? cut_off() : more.error();
    }
    const size_t step = std::min(wanted, buffer_.size());
    bytes.append(buffer_, 0, step);
    buffer_.erase(0, step);
    stream_at_ += step;
    block_left_ -= step;
    wanted -= step;
  }
  return bytes;
}

}  // namespace crawl
