# SPDX-License-Identifier: MIT
# Every library comes from the distribution; nothing is downloaded.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)  # Interprocess, headers only
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
foreach(lib libcurl libcares gumbo icu-uc icu-i18n uchardet expat zlib sqlite3 libpsl libxxhash libzstd fmt re2 libseccomp)
  string(TOUPPER "${lib}" prefix)
  string(REPLACE "-" "_" prefix "${prefix}")
  pkg_check_modules(${prefix} REQUIRED IMPORTED_TARGET ${lib})
endforeach()
# CLD2 (language detection) has no pkg-config file.
find_path(CLD2_INCLUDE_DIR cld2/public/compact_lang_det.h REQUIRED)
find_library(CLD2_LIBRARY cld2 REQUIRED)
add_library(crawl_cld2 INTERFACE)
target_include_directories(crawl_cld2 SYSTEM INTERFACE ${CLD2_INCLUDE_DIR})
target_link_libraries(crawl_cld2 INTERFACE ${CLD2_LIBRARY})
