# SPDX-License-Identifier: MIT
# cmake -DINPUT=x.sql -DOUTPUT=x.cc -P embed_sql.cmake: the text of INPUT as crawl::kSchemaSql.
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "// Generated from schema.sql.
#include \"storage/schema.h\"
namespace crawl {
const char* const kSchemaSql = R\"schema_sql(${text})schema_sql\";
}  // namespace crawl
")
