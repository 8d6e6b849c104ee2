# SPDX-License-Identifier: MIT
# cmake -DINPUT=x.sql -DOUTPUT=x.cc -P embed_sql.cmake: the text of INPUT as crawl::kTablesSql, and from its
# first CREATE VIEW as crawl::kViewsSql.
file(READ "${INPUT}" text)
string(FIND "${text}" "\nCREATE VIEW" views_begin)
string(SUBSTRING "${text}" 0 ${views_begin} tables)
string(SUBSTRING "${text}" ${views_begin} -1 views)
file(WRITE "${OUTPUT}" "// Generated from schema.sql.
#include \"storage/schema.h\"
namespace crawl {
const char* const kTablesSql = R\"schema_sql(${tables})schema_sql\";
const char* const kViewsSql = R\"schema_sql(${views})schema_sql\";
}  // namespace crawl
")
