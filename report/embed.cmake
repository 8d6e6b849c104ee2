# SPDX-License-Identifier: MIT
# cmake -DSTYLE=x.css -DSCRIPT=x.js -DOUTPUT=x.cc -P embed.cmake: their texts and hashes, as report/assets.h
# names them.
file(READ "${STYLE}" style)
file(READ "${SCRIPT}" script)
string(SHA256 style_hash "${style}")
string(SHA256 script_hash "${script}")
file(WRITE "${OUTPUT}" "// Generated from report.css and report.js.
#include \"report/assets.h\"
namespace crawl {
const std::string_view kReportStyle = R\"~asset~(${style})~asset~\";
const std::string_view kReportStyleHash = \"${style_hash}\";
const std::string_view kReportScript = R\"~asset~(${script})~asset~\";
const std::string_view kReportScriptHash = \"${script_hash}\";
}  // namespace crawl
")
