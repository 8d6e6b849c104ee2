// SPDX-License-Identifier: MIT
#pragma once

// One SQLite connection and its statements, each with one owner. PRAGMAs and their reasons are in
// database.cc and docs/schema.md.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace crawl {

inline constexpr int kSchemaVersion = 2;           // PRAGMA user_version
inline constexpr int kApplicationId = 0x4372776c;  // PRAGMA application_id: "Crwl"

// A prepared statement. Parameters are bound by position from 1; bound text must stay alive until
// reset().
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

  void bind(int index, int64_t value);
  void bind(int index, std::string_view value);  // TEXT
  void bind_blob(int index, std::string_view value);
  void bind_null(int index);
  void bind_optional(int index, std::optional<int64_t> value);
  void bind_or_null(int index, std::string_view value);  // NULL where empty

  Result<bool> step();  // true: a row is there; false: finished (and reset)
  Result<void> run();   // for statements without rows: step, then reset
  void reset();

  int64_t integer(int column) const;        // 0 for NULL
  std::string_view text(int column) const;  // "" for NULL; valid until the next step or reset
  std::string_view blob(int column) const;
  bool is_null(int column) const;
  enum class Type { kNull, kInteger, kReal, kText, kBlob };
  Type type(int column) const;  // of this row's value
  double real(int column) const;
  int column_count() const;
  std::string_view column_name(int column) const;
  int parameter_count() const;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* statement_ = nullptr;
};

class QueryBudget;

enum class SchemaAge { kPresent, kAny };

class Database {
 public:
  // The only writing connection: creates the file and the schema where missing (one transaction),
  // refuses a directory, a file that is not a database of ours (kCorrupt) and one from a newer
  // version (kVersion), all before anything is changed. The caller holds the run lock.
  static Result<Database> open_writer(const std::string& path);
  // For commands: read-only; kNotFound when there is no such file; never creates anything.
  // kVersion: it is from a newer version, or from an older one where that is not wanted.
  static Result<Database> open_reader(const std::string& path, SchemaAge age = SchemaAge::kPresent);
  // Takes over a connection to a database of another kind (storage/search_file.h).
  explicit Database(sqlite3* handle) : handle_(handle) {}

  // A database of another kind, that the caller knows; made where it is missing.
  static Result<Database> open_other(const std::string& path);

  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  Result<Statement> prepare(std::string_view sql);
  Result<void> execute(const std::string& sql);  // statements without rows
  // For somebody else's SQL: from here on statements may only read this database, and none is made
  // that would touch another file.
  void read_only_from_now_on();
  // Copies the log back into the database: the writing connection only. `mode` is SQLite's; waits
  // at most `wait_ms` for readers. One in the way is no failure, a disk that is full or broken is
  // one: nothing is lost by it, the log keeps what could not be moved.
  Result<void> checkpoint(int mode, int wait_ms);
  // SQLite's own words for the latest error: for somebody who has written the SQL.
  std::string message() const;
  sqlite3* handle() { return handle_; }

 private:
  friend class QueryBudget;

  sqlite3* handle_ = nullptr;
  QueryBudget* budget_ = nullptr;  // the innermost; it does not outlive a move
};

}  // namespace crawl
