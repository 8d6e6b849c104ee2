// SPDX-License-Identifier: MIT
#pragma once

// Reading rows: the loops and the row types that more than one reader needs.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/database.h"
#include "storage/records.h"

namespace crawl {

// Calls `visit(statement)` for each row of a prepared and bound query.
template <typename Visit>
Result<void> for_each_row(Statement& query, Visit visit) {
  for (;;) {
    Result<bool> row = query.step();
    if (!row) return row.error();
    if (!*row) return {};
    visit(query);
  }
}

template <typename Visit>
Result<void> for_each_row(Database& database, std::string_view sql, Visit visit) {
  Result<Statement> query = database.prepare(sql);
  if (!query) return query.error();
  return for_each_row(*query, visit);
}

inline std::optional<int64_t> optional_integer(const Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

// The only column of the only row; 0 where there is none, or NULL.
Result<int64_t> read_number(Database& database, std::string_view sql);

// The secret of this database, made when it was made (meta 'fingerprint_seed').
Result<uint64_t> fingerprint_seed(Database& database);
// Whether this is still the history in which that visit was seen, and no copy from before it, also
// one that was crawled on with. `url_id`, `at` (wall ms): of the visit; 0: not known. One that was
// removed since says nothing against it.
Result<bool> has_history(Database& database, int64_t visit_id, int64_t url_id, int64_t at);

// "SELECT … FROM host " + `rest`, whose rows host_row() reads.
std::string select_hosts(std::string_view rest);
HostRow host_row(const Statement& row);

}  // namespace crawl
