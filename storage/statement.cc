// SPDX-License-Identifier: MIT
#include <sqlite3.h>

#include <utility>

#include "base/check.h"
#include "base/out_of_memory.h"
#include "storage/database.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

// Binding can fail only for want of memory, if not by a bug of ours.
void check_bound(int rc) {
  if (rc == SQLITE_NOMEM) out_of_memory();
  CRAWL_CHECK(rc == SQLITE_OK);
}

// A NULL that is none.
void check_column(sqlite3_stmt* statement) {
  if (sqlite3_errcode(sqlite3_db_handle(statement)) == SQLITE_NOMEM) out_of_memory();
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    sqlite3_finalize(statement_);
    statement_ = std::exchange(other.statement_, nullptr);
  }
  return *this;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::bind(int index, int64_t value) {
  check_bound(sqlite3_bind_int64(statement_, index, value));
}

void Statement::bind(int index, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();  // nullptr would bind NULL
  check_bound(
      sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind_blob(int index, std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();
  check_bound(sqlite3_bind_blob64(statement_, index, data, value.size(), SQLITE_STATIC));
}

void Statement::bind_null(int index) { check_bound(sqlite3_bind_null(statement_, index)); }

void Statement::bind_optional(int index, std::optional<int64_t> value) {
  if (value) {
    bind(index, *value);
  } else {
    bind_null(index);
  }
}

void Statement::bind_or_null(int index, std::string_view value) {
  if (value.empty()) {
    bind_null(index);
  } else {
    bind(index, value);
  }
}

Result<bool> Statement::step() {
  const int rc = sqlite3_step(statement_);
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  Error error = sqlite_error(sqlite3_db_handle(statement_), "database");
  sqlite3_reset(statement_);
  return error;
}

Result<void> Statement::run() {
  Result<bool> row = step();
  if (!row) return row.error();
  if (*row) reset();
  return {};
}

void Statement::reset() { sqlite3_reset(statement_); }

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (data == nullptr) {
    check_column(statement_);
    return {};
  }
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string_view Statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  if (data == nullptr) {
    check_column(statement_);
    return {};
  }
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Statement::Type Statement::type(int column) const {
  switch (sqlite3_column_type(statement_, column)) {
    case SQLITE_INTEGER:
      return Type::kInteger;
    case SQLITE_FLOAT:
      return Type::kReal;
    case SQLITE_TEXT:
      return Type::kText;
    case SQLITE_BLOB:
      return Type::kBlob;
    default:
      return Type::kNull;
  }
}

double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }

int Statement::parameter_count() const { return sqlite3_bind_parameter_count(statement_); }

int Statement::column_count() const { return sqlite3_column_count(statement_); }

std::string_view Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(statement_, column);
  return name == nullptr ? std::string_view{} : name;
}

}  // namespace crawl
