// SPDX-License-Identifier: MIT
#include "storage/rows.h"

namespace crawl {

std::string select_hosts(std::string_view rest) {
  return "SELECT id, name, robots_state, robots_rules, robots_at, crawl_delay_ms, delay_ms, "
         "next_at, "
         "pages, errors FROM host " +
         std::string(rest);
}

HostRow host_row(const Statement& row) {
  HostRow host;
  host.id = row.integer(0);
  host.name = row.text(1);
  host.robots_state = robots_state_named(row.text(2)).value_or(RobotsState::kUnknown);
  host.robots_rules = row.text(3);
  host.robots_at = row.integer(4);
  host.crawl_delay_ms = optional_integer(row, 5);
  host.delay_ms = row.integer(6);
  host.next_at = row.integer(7);
  host.pages = row.integer(8);
  host.errors = row.integer(9);
  return host;
}

}  // namespace crawl
