// SPDX-License-Identifier: MIT
#pragma once

// The manual: crawl(1), a page for each command, and one for each topic that is not part of
// crawl(1). All of it comes from the table of commands, their options, and crawler/help_texts.

#include <string>
#include <vector>

namespace crawl {

struct ManualFacts {
  std::string version;
  std::string day;  // "2026-11-22"
};

struct NamedPage {
  std::string path;  // "man1/crawl-why.1"
  std::string text;
};

std::vector<NamedPage> man_pages(const ManualFacts& facts);

}  // namespace crawl
