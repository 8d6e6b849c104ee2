// SPDX-License-Identifier: MIT
#pragma once

namespace crawl {

// The text of schema.sql, compiled in.
extern const char* const kTablesSql;
extern const char* const kViewsSql;

}  // namespace crawl
