# SPDX-License-Identifier: MIT
# Every library comes from the distribution; nothing is downloaded.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)  # Interprocess, headers only
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
foreach(lib libcurl libcares gumbo icu-uc icu-i18n uchardet sqlite3 libpsl libxxhash libzstd fmt re2)
  string(TOUPPER "${lib}" prefix)
  string(REPLACE "-" "_" prefix "${prefix}")
  pkg_check_modules(${prefix} REQUIRED IMPORTED_TARGET ${lib})
endforeach()
