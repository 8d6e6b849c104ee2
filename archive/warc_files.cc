// SPDX-License-Identifier: MIT
#include "archive/warc_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "archive/gzip.h"
#include "base/clock.h"
#include "base/draft_file.h"
#include "base/retry.h"

namespace crawl {

namespace {

constexpr const char* kOpen = ".open";

// "20260131235959123"
std::string digits_of_time(int64_t wall_ms) {
  std::string digits;
  for (const char c : iso8601_utc(wall_ms)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  return digits;
}

Result<void> write_at(int fd, std::string_view bytes, int64_t offset, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t n =
        uninterrupted([&] { return ::pwrite(fd, bytes.data(), bytes.size(), offset); });
    if (n <= 0) return errno_error("write " + path);
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += n;
  }
  return {};
}

}  // namespace

Result<WarcFiles::Resumed> WarcFiles::resume() {
  if (end_.file.empty()) return Resumed::kNone;
  const std::string open_path = path() + kOpen;
  UniqueFd file(
      uninterrupted([&] { return ::open(open_path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW); }));
  if (!file && errno != ENOENT) return errno_error(open_path);
  if (end_.bytes == 0) {
    if (file) ::unlink(open_path.c_str());
    forget();
    return Resumed::kNone;
  }
  struct stat info {};
  if (!file) {
    const bool closed = ::stat(path().c_str(), &info) == 0 && info.st_size == end_.bytes;
    return closed ? Resumed::kClosed : Resumed::kLost;
  }
  if (::fstat(file.fd(), &info) != 0) return errno_error(open_path);
  if (info.st_size < end_.bytes) return Resumed::kLost;
  if (::ftruncate(file.fd(), end_.bytes) != 0) return errno_error("truncate " + open_path);
  file_ = std::move(file);
  return Resumed::kOpen;
}

void WarcFiles::plan(int64_t now_ms) {
  char serial[24];
  std::snprintf(serial, sizeof serial, "-%05lld", static_cast<long long>(end_.serial));
  end_ = {options_.prefix + "-" + digits_of_time(now_ms) + serial + ".warc.gz", 0, end_.serial + 1};
}

Result<void> WarcFiles::begin(int64_t now_ms) {
  const std::string open_path = path() + kOpen;
  UniqueFd file(uninterrupted([&] {
    return ::open(open_path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  }));
  if (!file) return errno_error(open_path);
  file_ = std::move(file);
  WarcRecord record;
  record.type = "warcinfo";
  record.id = new_record_id();
  record.date_ms = now_ms;
  record.content_type = kWarcFields;
  record.fields = {{"WARC-Filename", end_.file}};
  record.payload = options_.info;
  const Result<Place> appended = append(encode_header(record), record);
  return appended ? sync_folder_of(open_path) : appended.error();
}

Result<WarcFiles::Place> WarcFiles::append(const std::string& header, const WarcRecord& record) {
  const std::string member = gzip_member({header, record.head, record.payload, kRecordEnd});
  if (Result<void> done = write_at(file_.fd(), member, end_.bytes, path()); !done) {
    return done.error();
  }
  const Place place{end_.file, static_cast<uint64_t>(end_.bytes), member.size()};
  end_.bytes += static_cast<int64_t>(member.size());
  return place;
}

Result<void> WarcFiles::sync() {
  if (!file_ || uninterrupted([&] { return ::fdatasync(file_.fd()); }) == 0) return {};
  return errno_error("sync " + path());
}

Result<void> WarcFiles::close() {
  if (Result<void> done = sync(); !done) return done;
  if (::rename((path() + kOpen).c_str(), path().c_str()) != 0) return errno_error(path());
  file_.reset();
  Result<void> synced = sync_folder_of(path());
  forget();
  return synced;
}

}  // namespace crawl
