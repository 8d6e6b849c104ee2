// SPDX-License-Identifier: MIT
#pragma once

// Text files that are part of this program; cmake/embed.cmake writes the bodies of these functions.

#include <span>
#include <string_view>

namespace crawl {

struct EmbeddedFile {
  std::string_view name;  // its path in the folder
  std::string_view text;
};

std::span<const EmbeddedFile> demo_files();  // crawler/demo_site
std::span<const EmbeddedFile> help_files();  // crawler/help_texts

}  // namespace crawl
