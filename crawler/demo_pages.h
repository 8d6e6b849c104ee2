// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

namespace crawl {

// A file of crawler/demo_site, part of this program.
std::optional<std::string_view> demo_file(std::string_view name);

}  // namespace crawl
