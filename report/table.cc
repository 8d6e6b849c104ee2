// SPDX-License-Identifier: MIT
#include "report/table.h"

namespace crawl {

namespace {

Markup sort_attribute(TableColumn::Sorted sorted) {
  switch (sorted) {
    case TableColumn::Sorted::kUp:
      return " aria-sort=\"ascending\"";
    case TableColumn::Sorted::kDown:
      return " aria-sort=\"descending\"";
    case TableColumn::Sorted::kNo:
      break;
  }
  return "";
}

Markup kind_class(TableColumn::Kind kind) {
  return kind == TableColumn::Kind::kNumber ? Markup(" class=\"number\"") : Markup("");
}

}  // namespace

Table::Table(Html& html, TableShape shape, Markup id, std::string_view caption,
             std::initializer_list<TableColumn> columns)
    : html_(html), columns_(columns) {
  // What is too wide for the page is scrolled, with keys too. The roles are those that the elements
  // have anyway, and keep where the style sheet lays them out in another way.
  html_ << "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"" << id
        << "\"><table role=\"table\" class=\""
        << (shape == TableShape::kList ? Markup("sortable list") : Markup("sortable grid"))
        << "\"><caption id=\"" << id << "\">" << Text{caption}
        << "</caption><thead role=\"rowgroup\"><tr role=\"row\">";
  for (const TableColumn& column : columns_) {
    html_ << "<th role=\"columnheader\" scope=\"col\"" << kind_class(column.kind)
          << sort_attribute(column.sorted) << ">" << column.head << "</th>";
  }
  html_ << "</tr></thead><tbody role=\"rowgroup\">\n";
}

Table::~Table() {
  if (in_row_) html_ << "</tr>\n";
  html_ << "</tbody></table></div>\n";
}

void Table::begin_row() {
  if (in_row_) html_ << "</tr>\n";
  html_ << "<tr role=\"row\">";
  in_row_ = true;
  next_ = 0;
}

void Table::open_cell(const int64_t* value) {
  html_ << (next_ == 0 ? Markup("<th role=\"rowheader\" scope=\"row\"")
                       : Markup("<td role=\"cell\""))
        << kind_class(columns_[next_].kind);
  if (columns_[next_].kind == TableColumn::Kind::kNumber) {
    html_ << " data-label=\"" << columns_[next_].head << "\"";
  }
  if (value != nullptr) html_ << " data-value=\"" << Plain{static_cast<double>(*value)} << "\"";
  html_ << ">";
}

Html& Table::begin_cell() {
  open_cell();
  return html_;
}

void Table::end_cell() {
  html_ << (next_ == 0 ? Markup("</th>") : Markup("</td>"));
  ++next_;
}

void Table::text(std::string_view value) {
  begin_cell() << Text{value};
  end_cell();
}

void Table::long_text(std::string_view value, int columns) {
  const std::string shown = abridge_middle(value, columns);
  if (shown.size() == value.size()) return text(value);
  begin_cell() << "<span title=\"" << Text{value} << "\">" << Text{shown} << "</span>";
  end_cell();
}

void Table::url(std::string_view value) {
  write_url(begin_cell(), value);
  end_cell();
}

void Table::count(int64_t value) {
  open_cell(&value);
  html_ << Grouped{value};
  end_cell();
}

void Table::figure(int64_t value, std::string_view shown) {
  open_cell(&value);
  html_ << Text{shown};
  end_cell();
}

void Table::time(int64_t wall_ms) {
  open_cell(&wall_ms);
  write_time(html_, wall_ms);
  end_cell();
}

void Table::nothing() {
  begin_cell();
  end_cell();
}

}  // namespace crawl
