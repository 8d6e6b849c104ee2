# SPDX-License-Identifier: MIT
# crawl_embed(VARIABLE FUNCTION FOLDER PATTERN...): writes FUNCTION.cc, with which crawl::FUNCTION() gives the
# text files below FOLDER that have such names (base/embedded_file.h); VARIABLE is the source's path.
function(crawl_embed variable function folder)
  list(TRANSFORM ARGN PREPEND ${folder}/ OUTPUT_VARIABLE patterns)
  file(GLOB_RECURSE names CONFIGURE_DEPENDS RELATIVE ${folder} ${patterns})
  list(SORT names)
  set(literals "")
  foreach(name ${names})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/${name})
    file(READ ${folder}/${name} text)
    string(SHA256 hash "${text}")
    string(APPEND literals "    {\"${name}\", R\"~~~(${text})~~~\", \"${hash}\"},\n")
  endforeach()
  file(RELATIVE_PATH from ${PROJECT_SOURCE_DIR} ${folder})
  set(source "// Generated from ${from}.
#include \"base/embedded_file.h\"

namespace crawl {
namespace {

constexpr EmbeddedFile kFiles[] = {
${literals}};

}  // namespace

std::span<const EmbeddedFile> ${function}();
std::span<const EmbeddedFile> ${function}() { return kFiles; }

}  // namespace crawl
")
  set(path ${CMAKE_CURRENT_BINARY_DIR}/${function}.cc)
  file(CONFIGURE OUTPUT ${path} CONTENT "${source}" @ONLY)
  set(${variable} ${path} PARENT_SCOPE)
endfunction()
