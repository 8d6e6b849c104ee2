// SPDX-License-Identifier: MIT
#include "reader/row_printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/base64.h"
#include "base/columns.h"
#include "base/escape.h"

namespace crawl {

namespace {

using Type = Statement::Type;

constexpr size_t kMeasuredRows = 1000;  // of a table; wider values further down break its lines
constexpr int kCellColumnsMax = 100;
constexpr int kCellColumnsMin = 8;
constexpr int kGap = 2;

bool is_number(Type type) { return type == Type::kInteger || type == Type::kReal; }

std::string number_text(const Statement& row, int column) {
  return row.type(column) == Type::kInteger ? std::to_string(row.integer(column))
                                            : fmt::format("{}", row.real(column));
}

std::vector<std::string> column_names(const Statement& statement) {
  std::vector<std::string> names;
  for (int i = 0; i < statement.column_count(); ++i) names.emplace_back(statement.column_name(i));
  return names;
}

class TablePrinter final : public RowPrinter {
 public:
  TablePrinter(const Statement& statement, Output& output, int columns)
      : output_(output), columns_(columns), numeric_(column_names(statement).size(), true) {
    std::vector<std::string> names = column_names(statement);
    for (std::string& name : names) name = escape_for_terminal(name);
    rows_.push_back(std::move(names));
  }

  bool row(const Statement& row) override {
    std::vector<std::string> cells;
    for (size_t i = 0; i < numeric_.size(); ++i) {
      const int column = static_cast<int>(i);
      const Type type = row.type(column);
      if (type != Type::kNull && !is_number(type)) numeric_[i] = false;
      cells.push_back(cell(row, column, type));
    }
    if (!widths_.empty()) return print(cells);
    rows_.push_back(std::move(cells));
    return rows_.size() <= kMeasuredRows || begin();
  }

  bool end() override { return begin() && output_.flush(); }

 private:
  static std::string cell(const Statement& row, int column, Type type) {
    switch (type) {
      case Type::kNull:
        return "";
      case Type::kInteger:
      case Type::kReal:
        return number_text(row, column);
      case Type::kText:
        // A text of megabytes is not escaped as a whole to show its beginning.
        return escape_for_terminal(row.text(column).substr(0, 4 * kCellColumnsMax));
      case Type::kBlob:
        return fmt::format("({} bytes)", row.blob(column).size());
    }
    return "";
  }

  // All rows so far, with the widths that they need.
  bool begin() {
    if (!widths_.empty() || numeric_.empty()) return true;
    measure();
    std::vector<std::string> rule;
    for (const int width : widths_) rule.emplace_back(static_cast<size_t>(width), '-');
    rows_.insert(rows_.begin() + 1, std::move(rule));
    for (const std::vector<std::string>& cells : rows_) {
      if (!print(cells)) return false;
    }
    rows_.clear();
    return true;
  }

  void measure() {
    widths_.assign(numeric_.size(), 1);
    for (const std::vector<std::string>& cells : rows_) {
      for (size_t i = 0; i < cells.size(); ++i) {
        widths_[i] = std::max(widths_[i], std::min(display_width(cells[i]), kCellColumnsMax));
      }
    }
    // The widest give way, a column at a time.
    int total = kGap * (static_cast<int>(widths_.size()) - 1);
    for (const int width : widths_) total += width;
    while (columns_ > 0 && total > columns_) {
      int& widest = *std::max_element(widths_.begin(), widths_.end());
      if (widest <= kCellColumnsMin) break;
      --widest;
      --total;
    }
  }

  bool print(const std::vector<std::string>& cells) {
    std::string line;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string text = abridge(cells[i], widths_[i]);
      const auto padding = static_cast<size_t>(std::max(0, widths_[i] - display_width(text)));
      if (numeric_[i]) line.append(padding, ' ');
      line += text;
      if (!numeric_[i] && i + 1 < cells.size()) line.append(padding, ' ');
      if (i + 1 < cells.size()) line.append(kGap, ' ');
    }
    line.resize(line.find_last_not_of(' ') + 1);
    ShownText shown;
    shown.line(line);
    return output_.write(shown);
  }

  Output& output_;
  const int columns_;
  std::vector<bool> numeric_;  // no text or blob so far
  std::vector<int> widths_;
  std::vector<std::vector<std::string>> rows_;  // until the widths are known; first the names
};

class CsvPrinter final : public RowPrinter {
 public:
  CsvPrinter(const Statement& statement, Output& output) : output_(output) {
    const std::vector<std::string> names = column_names(statement);
    std::string line;
    for (size_t i = 0; i < names.size(); ++i) {
      if (i > 0) line += ',';
      line += escape_for_csv(names[i]);
    }
    write(line);
  }

  bool row(const Statement& row) override {
    std::string line;
    for (int i = 0; i < row.column_count(); ++i) {
      if (i > 0) line += ',';
      const Type type = row.type(i);
      if (is_number(type)) line += number_text(row, i);
      if (type == Type::kText) line += escape_for_csv(row.text(i));
      if (type == Type::kBlob) line += encode_base64(row.blob(i));
    }
    return write(line);
  }

  bool end() override { return output_.flush(); }

 private:
  bool write(const std::string& line) {
    ShownText shown;
    shown.line(line);
    return output_.write(shown);
  }

  Output& output_;
};

class JsonPrinter final : public RowPrinter {
 public:
  JsonPrinter(const Statement& statement, Output& output, bool array)
      : output_(output), array_(array) {
    std::set<std::string> taken;
    for (const std::string& name : column_names(statement)) {
      std::string unique = to_valid_utf8(name);
      for (int n = 2; !taken.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
      names_.push_back(std::move(unique));
    }
  }

  bool row(const Statement& row) override {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (size_t i = 0; i < names_.size(); ++i) {
      object[names_[i]] = value(row, static_cast<int>(i));
    }
    // The comma stands before the next row, as nobody knows which is the last.
    if (array_) output_.write_raw(first_ ? "[\n" : ",\n");
    first_ = false;
    std::string line = dump_line(object).bytes();
    if (array_) line.pop_back();
    return output_.write_raw(line);
  }

  bool end() override {
    if (array_) output_.write_raw(first_ ? "[]\n" : "\n]\n");
    return output_.flush();
  }

 private:
  static nlohmann::ordered_json value(const Statement& row, int column) {
    switch (row.type(column)) {
      case Type::kNull:
        return nullptr;
      case Type::kInteger:
        return row.integer(column);
      case Type::kReal:
        if (!std::isfinite(row.real(column))) return nullptr;
        return row.real(column);
      case Type::kText:
        return row.text(column);
      case Type::kBlob:
        return encode_base64(row.blob(column));
    }
    return nullptr;
  }

  Output& output_;
  const bool array_;
  bool first_ = true;
  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<RowPrinter> make_row_printer(RowFormat format, const Statement& statement,
                                             Output& output, int columns) {
  switch (format) {
    case RowFormat::kTable:
      return std::make_unique<TablePrinter>(statement, output, columns);
    case RowFormat::kCsv:
      return std::make_unique<CsvPrinter>(statement, output);
    case RowFormat::kJson:
    case RowFormat::kJsonl:
      return std::make_unique<JsonPrinter>(statement, output, format == RowFormat::kJson);
  }
  return nullptr;
}

Result<bool> print_rows(Statement& statement, RowPrinter& printer, int64_t rows_max) {
  for (int64_t rows = 0;; ++rows) {
    const Result<bool> row = statement.step();
    if (!row) return row.error();
    const bool more = *row && rows_max > 0 && rows == rows_max;
    if (!*row || more || !printer.row(statement)) {
      printer.end();
      return more;
    }
  }
}

}  // namespace crawl
