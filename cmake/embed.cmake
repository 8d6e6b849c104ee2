# SPDX-License-Identifier: MIT
# crawl_embed(VARIABLE FUNCTION FOLDER): writes FUNCTION.cc, with which crawl::FUNCTION() gives the text
# files below FOLDER by their paths there (crawler/embedded_file.h); VARIABLE is the source's path.
function(crawl_embed variable function folder)
  file(GLOB_RECURSE names CONFIGURE_DEPENDS RELATIVE ${folder} ${folder}/*.html ${folder}/*.txt)
  list(SORT names)
  set(literals "")
  foreach(name ${names})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${name})
    file(READ ${folder}/${name} text)
    string(APPEND literals "    {\"${name}\", R\"~~~(${text})~~~\"},\n")
  endforeach()
  file(RELATIVE_PATH from ${PROJECT_SOURCE_DIR} ${folder})
  set(source "// Generated from ${from}.
#include \"crawler/embedded_file.h\"

namespace crawl {
namespace {

constexpr EmbeddedFile kFiles[] = {
${literals}};

}  // namespace

std::span<const EmbeddedFile> ${function}() { return kFiles; }

}  // namespace crawl
")
  set(path ${CMAKE_CURRENT_BINARY_DIR}/${function}.cc)
  file(CONFIGURE OUTPUT ${path} CONTENT "${source}" @ONLY)
  set(${variable} ${path} PARENT_SCOPE)
endfunction()
