// SPDX-License-Identifier: MIT
#include "crawler/demo_pages.h"

#include "base/embedded_file.h"

namespace crawl {

std::span<const EmbeddedFile> demo_files();  // demo_site

std::optional<std::string_view> demo_file(std::string_view name) {
  const EmbeddedFile* file = embedded_file(demo_files(), name);
  return file != nullptr ? std::optional(file->text) : std::nullopt;
}

}  // namespace crawl
