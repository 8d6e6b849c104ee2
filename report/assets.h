// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace crawl {

// report.css and report.js, compiled in, and the SHA-256 of each in hexadecimal digits.
extern const std::string_view kReportStyle;
extern const std::string_view kReportStyleHash;
extern const std::string_view kReportScript;
extern const std::string_view kReportScriptHash;

}  // namespace crawl
