// SPDX-License-Identifier: MIT
#pragma once

// Rows of a query, as people and programs want them.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "reader/json_lines.h"
#include "reader/row_format.h"
#include "storage/database.h"

namespace crawl {

// In JSON a blob is base64, a number that JSON has no word for is null, and a second column of the
// same name becomes name_2.
class RowPrinter {
 public:
  virtual ~RowPrinter() = default;
  // The row that the statement stands on. False when it could not be written, from then on always.
  virtual bool row(const Statement& row) = 0;
  // After the last row.
  virtual bool end() = 0;
};

// `columns`: what a table may take; 0: any number, but no value more than 100. The statement is
// one that has been prepared; both it and `output` must outlive the printer.
std::unique_ptr<RowPrinter> make_row_printer(RowFormat format, const Statement& statement,
                                             Output& output, int columns);

// Prints all rows, or `rows_max` of them where that is not 0. True: there are more.
Result<bool> print_rows(Statement& statement, RowPrinter& printer, int64_t rows_max);

}  // namespace crawl
