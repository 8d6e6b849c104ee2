// SPDX-License-Identifier: MIT
#pragma once

namespace crawl {

// The text of schema.sql, compiled in.
extern const char* const kTablesSql;  // version 1
extern const char* const kViewsSql;   // of this version of crawl

}  // namespace crawl
