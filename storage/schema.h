// SPDX-License-Identifier: MIT
#pragma once

namespace crawl {

// The text of schema.sql, compiled in.
extern const char* const kSchemaSql;

}  // namespace crawl
