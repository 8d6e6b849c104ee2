// SPDX-License-Identifier: MIT
#include "base/embedded_file.h"

#include <algorithm>

namespace crawl {

const EmbeddedFile* embedded_file(std::span<const EmbeddedFile> files, std::string_view name) {
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const EmbeddedFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace crawl
