// SPDX-License-Identifier: MIT
#include "crawler/demo_pages.h"

#include "crawler/embedded_file.h"

namespace crawl {

std::optional<std::string_view> demo_file(std::string_view name) {
  for (const EmbeddedFile& file : demo_files()) {
    if (file.name == name) return file.text;
  }
  return std::nullopt;
}

}  // namespace crawl
