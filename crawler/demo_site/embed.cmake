# SPDX-License-Identifier: MIT
# Writes demo_pages.cc: the files of this folder as string literals, by name.
set(demo_pages ${CMAKE_CURRENT_BINARY_DIR}/demo_pages.cc)
file(GLOB demo_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.html ${CMAKE_CURRENT_LIST_DIR}/*.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${demo_files})
set(demo_literals "")
foreach(demo_file ${demo_files})
  get_filename_component(demo_name ${demo_file} NAME)
  file(READ ${demo_file} demo_text)
  string(APPEND demo_literals "    {\"${demo_name}\", R\"~~~(${demo_text})~~~\"},\n")
endforeach()
set(demo_source "// Generated from crawler/demo_site.
#include \"crawler/demo_pages.h\"

namespace crawl {
namespace {

struct File {
  std::string_view name, text;
};

constexpr File kFiles[] = {
${demo_literals}};

}  // namespace

std::optional<std::string_view> demo_file(std::string_view name) {
  for (const File& file : kFiles) {
    if (file.name == name) return file.text;
  }
  return std::nullopt;
}

}  // namespace crawl
")
file(CONFIGURE OUTPUT ${demo_pages} CONTENT "${demo_source}" @ONLY)
