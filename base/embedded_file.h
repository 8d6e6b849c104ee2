// SPDX-License-Identifier: MIT
#pragma once

// Text files that are part of this program, so that none has to be found at run time: for each
// crawl_embed() of a CMakeLists.txt (cmake/embed.cmake) there is a function that gives its files.

#include <span>
#include <string_view>

namespace crawl {

struct EmbeddedFile {
  std::string_view name;  // its path in the folder
  std::string_view text;
  std::string_view sha256;  // hexadecimal digits
};

// nullptr: there is none.
const EmbeddedFile* embedded_file(std::span<const EmbeddedFile> files, std::string_view name);

}  // namespace crawl
