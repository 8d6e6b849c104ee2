# SPDX-License-Identifier: MIT
# cmake -DSTYLE=x.css -DSCRIPT=x.js -DOUTPUT=x.cc -P embed.cmake: their texts, as serve/assets.h names them.
file(READ "${STYLE}" style)
file(READ "${SCRIPT}" script)
file(WRITE "${OUTPUT}" "// Generated from serve.css and serve.js.
#include \"serve/assets.h\"
namespace crawl {
const std::string_view kServeStyle = R\"~asset~(${style})~asset~\";
const std::string_view kServeScript = R\"~asset~(${script})~asset~\";
}  // namespace crawl
")
