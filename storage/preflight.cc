// SPDX-License-Identifier: MIT
#include "storage/preflight.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "base/draft_file.h"
#include "base/out_of_memory.h"
#include "base/unique_fd.h"
#include "base/units.h"
#include "storage/database.h"

namespace crawl {

std::string parent_directory(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string resolved_path(const std::string& path) {
  char buffer[PATH_MAX];
  return ::realpath(path.c_str(), buffer) == nullptr ? path : buffer;
}

namespace {

// Of two names, also where there is no file yet.
bool is_same_file(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  if (::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0) {
    return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
  }
  const auto place = [](std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return resolved_path(parent_directory(path)) + "/" + path.substr(path.rfind('/') + 1);
  };
  return place(one) == place(other);
}

Result<void> check_directory(const std::string& directory, const std::string& path) {
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0) {
    if (errno == ENOENT) {
      return Error{Errc::kNotFound, 0,
                   fmt::format("cannot create {}: there is no directory {}", path, directory)};
    }
    return errno_error("cannot look into " + directory);
  }
  if (!S_ISDIR(info.st_mode)) {
    return Error{Errc::kInvalid, 0,
                 fmt::format("cannot create {}: {} is not a directory", path, directory)};
  }
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) {
    return errno_error(
        fmt::format("cannot write {}: directory {} is not writable", path, directory));
  }
  return {};
}

Result<struct stat> stat_database(const std::string& path) {
  if (path.empty()) return Error{Errc::kInvalid, 0, "the database's path is empty"};
  if (path.find('\0') != std::string::npos) {
    return Error{Errc::kInvalid, 0, "the database's path contains a NUL byte"};
  }
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return errno_error("open " + path);
  if (S_ISDIR(info.st_mode)) {
    return Error{Errc::kInvalid, 0, path + " is a directory, not a database file"};
  }
  if (!S_ISREG(info.st_mode)) return Error{Errc::kInvalid, 0, path + " is not a regular file"};
  return info;
}

Result<int64_t> read_pragma(sqlite3* handle, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  int rc = sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr);
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  const int64_t value = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  if (rc != SQLITE_ROW) return sqlite_error(handle, "read");
  return value;
}

Error not_a_database(const std::string& path) {
  return Error{Errc::kCorrupt, 0, path + " is not a database; crawl leaves it alone"};
}

Result<void> judge_identity(int64_t application, int64_t version, const std::string& path) {
  if (application != kApplicationId) {
    return Error{Errc::kCorrupt, 0,
                 path + " is a database of another program; crawl leaves it alone"};
  }
  if (version > kSchemaVersion) {
    return Error{Errc::kVersion, 0,
                 fmt::format("{} was written by a newer crawl (schema {}, this one knows {})", path,
                             version, kSchemaVersion)};
  }
  return {};
}

constexpr size_t kHeaderBytes = 100;  // SQLite file format §1.3

int64_t big_endian_32(const unsigned char* bytes) {
  return static_cast<int32_t>(uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 |
                              uint32_t{bytes[2]} << 8 | uint32_t{bytes[3]});
}

// After a power cut the first page may be torn: then it is in the journal or in the log as well,
// and SQLite mends it. (Formats: SQLite file format §3, §4. Whether they are whole is for SQLite to
// see.)

bool read_at(int fd, int64_t offset, unsigned char* to, size_t count) {
  return ::pread(fd, to, count, offset) == static_cast<ssize_t>(count);
}

UniqueFd open_beside(const std::string& path, const char* suffix) {
  return UniqueFd(::open((path + suffix).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

// Among records that begin with a page's number and have its content `head` bytes later.
bool has_our_first_page(int fd, int64_t at, int64_t head, int64_t length) {
  std::array<unsigned char, 24 + kHeaderBytes> record;
  const auto wanted = static_cast<size_t>(head) + kHeaderBytes;
  for (; length > 0 && read_at(fd, at, record.data(), wanted); at += length) {
    if (big_endian_32(record.data()) == 1 &&
        big_endian_32(&record[static_cast<size_t>(head) + 68]) == kApplicationId) {
      return true;
    }
  }
  return false;
}

// Or the journal says that there was nothing before: the database was being made.
bool journal_knows_better(const std::string& path) {
  constexpr unsigned char kMagic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
  const UniqueFd journal = open_beside(path, "-journal");
  unsigned char header[28];
  if (!journal || !read_at(journal.fd(), 0, header, sizeof header)) return false;
  if (std::memcmp(header, kMagic, sizeof kMagic) != 0) return false;
  const int64_t pages_before = big_endian_32(&header[16]);
  const int64_t sector = big_endian_32(&header[20]);
  const int64_t page = big_endian_32(&header[24]);
  return pages_before == 0 || has_our_first_page(journal.fd(), sector, 4, page + 8);
}

bool log_knows_better(const std::string& path) {
  const UniqueFd log = open_beside(path, "-wal");
  unsigned char header[32];
  return log && read_at(log.fd(), 0, header, sizeof header) &&
         has_our_first_page(log.fd(), sizeof header, 24, big_endian_32(&header[8]) + 24);
}

Result<void> judge_header(const std::string& path) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return errno_error("open " + path);
  std::array<unsigned char, kHeaderBytes> header{};
  const ssize_t got = ::pread(file.fd(), header.data(), header.size(), 0);
  if (got < 0) return errno_error("read " + path);
  if (static_cast<size_t>(got) < header.size() ||
      std::memcmp(header.data(), "SQLite format 3", 16) != 0) {
    return not_a_database(path);
  }
  return judge_identity(big_endian_32(&header[68]), big_endian_32(&header[60]), path);
}

std::string space_left(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return {};
  return fmt::format(" ({} free)", format_bytes(uint64_t{info.f_bavail} * info.f_frsize));
}

}  // namespace

Result<PathState> inspect_writable_path(const std::string& path) {
  Result<struct stat> info = stat_database(path);
  if (!info) {
    if (info.error().sys_errno != ENOENT) return info.error();
    struct stat link {};
    // Whatever else is there now, another run has made it just now.
    if (::lstat(path.c_str(), &link) == 0 && S_ISLNK(link.st_mode)) {
      return Error{Errc::kInvalid, 0, path + " is a symbolic link to a file that does not exist"};
    }
    if (Result<void> usable = check_directory(parent_directory(path), path); !usable)
      return usable.error();
    return PathState::kMissing;
  }
  // The log and the lock lie beside the name in use: another name's run would see neither.
  if (info->st_nlink > 1) {
    return Error{Errc::kInvalid, 0,
                 fmt::format("{} has {} names (hard links), and its log would be kept under one of "
                             "them only: make it a copy, or use a symbolic link",
                             path, info->st_nlink)};
  }
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0) {
    return errno_error(path + " is not writable");
  }
  if (Result<void> usable = check_directory(parent_directory(resolved_path(path)), path); !usable) {
    return usable.error();
  }
  return info->st_size == 0 ? PathState::kEmpty : PathState::kFile;
}

Result<void> inspect_readable_path(const std::string& path) {
  Result<struct stat> info = stat_database(path);
  if (!info) return info.error();
  if (info->st_size == 0) {
    return Error{Errc::kNotFound, 0, path + " is empty: no crawl has been written to it yet"};
  }
  return {};
}

Result<void> refuse_as_output(const std::string& database, const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal", ".lock", ".search"}) {
    const std::string taken = resolved_path(database) + suffix;
    for (const std::string& made :
         {path, DraftFile::draft_path_of(path), DraftFile::draft_path_of(resolved_path(path))}) {
      if (!is_same_file(taken, made)) continue;
      return Error{Errc::kExists, 0,
                   fmt::format("{} belongs to the database {}: name another file", made, database)};
    }
  }
  return {};
}

std::string plain_sqlite_path(const std::string& path) {
  return path.starts_with('/') ? path : "./" + path;
}

std::string immutable_sqlite_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : plain_sqlite_path(path)) {
    if (c == '%' || c == '?' || c == '#') {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

Result<void> check_identity(sqlite3* handle, const std::string& path) {
  const Result<int64_t> application = read_pragma(handle, "PRAGMA application_id");
  if (!application) {
    if (sqlite3_errcode(handle) != SQLITE_NOTADB) return application.error();
    return not_a_database(path);
  }
  const Result<int64_t> version = read_pragma(handle, "PRAGMA user_version");
  if (!version) return version.error();
  return judge_identity(*application, *version, path);
}

Result<void> check_identity_untouched(const std::string& path) {
  Result<void> judged = judge_header(path);
  const bool may_be_torn =
      !judged && (judged.error().code == Errc::kCorrupt || judged.error().code == Errc::kVersion);
  if (!may_be_torn) return judged;
  const std::string file = resolved_path(path);
  if (journal_knows_better(file) || log_knows_better(file)) return {};
  return judged;
}

namespace {

// errno of the last call that failed on the database or on its log: SQLite forgets it where a
// commit fails.
int system_errno(sqlite3* handle) {
  int number = sqlite3_system_errno(handle);
  if (number != 0 || handle == nullptr) return number;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
  sqlite3_file* log = nullptr;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  if (number == 0 && log != nullptr && log->pMethods != nullptr) {
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
  }
  return number;
}

// A database that may be written, and a log, or an index of the log, that may not.
bool is_read_only_log(sqlite3* handle) {
  const int rc = sqlite3_extended_errcode(handle);
  return (rc & 0xff) == SQLITE_READONLY && rc != SQLITE_READONLY_ROLLBACK &&
         rc != SQLITE_READONLY_DBMOVED && sqlite3_db_readonly(handle, "main") == 0;
}

// Why not. EACCES, too, where it may be by now.
int log_errno(const std::string& path) {
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string file = path + suffix;
    if (::faccessat(AT_FDCWD, file.c_str(), W_OK, AT_EACCESS) != 0 && errno != ENOENT) return errno;
  }
  return EACCES;
}

}  // namespace

Error sqlite_error(sqlite3* handle, std::string_view doing) {
  const int rc = sqlite3_errcode(handle);
  if (rc == SQLITE_NOMEM || sqlite3_extended_errcode(handle) == SQLITE_IOERR_NOMEM) {
    // A limit that was set for one query (storage/search.cc) is not the end of memory.
    if (sqlite3_hard_heap_limit64(-1) == 0) out_of_memory();
    return Error{Errc::kFull, ENOMEM, std::string(doing)};
  }
  int system = rc == SQLITE_IOERR ? system_errno(handle) : sqlite3_system_errno(handle);
  const char* file = handle == nullptr ? nullptr : sqlite3_db_filename(handle, "main");
  const std::string path = file == nullptr ? "" : file;
  std::string words = sqlite3_errmsg(handle);
  if (handle != nullptr && sqlite3_extended_errcode(handle) == SQLITE_READONLY_ROLLBACK) {
    words = "whoever wrote it was killed; whoever writes it next mends it";
  } else if (handle != nullptr && is_read_only_log(handle)) {
    words = "its -wal or -shm file is not writable";
    system = log_errno(path);
  }
  const std::string context =
      fmt::format("{}{}{}: {}", doing, path.empty() ? "" : " ", path, words);
  if (rc == SQLITE_FULL || (rc == SQLITE_IOERR && (system == ENOSPC || system == EDQUOT))) {
    return Error{Errc::kFull, 0, context + space_left(path)};
  }
  Errc code = Errc::kIo;
  if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) code = Errc::kBusy;
  if (rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB) code = Errc::kCorrupt;
  if (rc == SQLITE_ERROR || rc == SQLITE_TOOBIG || rc == SQLITE_MISMATCH) code = Errc::kInvalid;
  if (rc == SQLITE_AUTH) code = Errc::kUnsupported;  // Database::read_only_from_now_on()
  const bool tells_more = rc == SQLITE_IOERR || rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY;
  return Error{code, tells_more ? system : 0, context};
}

}  // namespace crawl
