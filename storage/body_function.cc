// SPDX-License-Identifier: MIT
#include "storage/body_function.h"

#include <sqlite3.h>

#include <string>

#include "storage/body.h"
#include "storage/preflight.h"

namespace crawl {

namespace {

void body_function(sqlite3_context* context, int /*count*/, sqlite3_value** values) {
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[0]));
  const auto size = static_cast<size_t>(sqlite3_value_bytes(values[0]));
  std::string body;
  const Result<uint64_t> length =
      decode_body({bytes == nullptr ? "" : bytes, size}, [&body](std::string_view piece) {
        body += piece;
        return true;
      });
  if (!length) return sqlite3_result_error(context, length.error().message().c_str(), -1);
  sqlite3_result_blob64(context, body.data(), body.size(), SQLITE_TRANSIENT);
}

}  // namespace

Result<void> add_body_function(Database& database) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY;
  const int rc = sqlite3_create_function_v2(database.handle(), "body", 1, kFlags, nullptr,
                                            &body_function, nullptr, nullptr, nullptr);
  return rc == SQLITE_OK ? Result<void>() : sqlite_error(database.handle(), "prepare");
}

}  // namespace crawl
