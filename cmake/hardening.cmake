# SPDX-License-Identifier: MIT
# Compiler and linker defences for programs that live on hostile input. Sanitizer builds go without the
# instrumentation: they bring checks of their own.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)

set(CMAKE_POSITION_INDEPENDENT_CODE ON)
check_pie_supported(LANGUAGES CXX)
add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)

# An index out of range in our own code stops the program instead of reading on.
add_compile_definitions(_GLIBCXX_ASSERTIONS)

if(NOT CRAWL_SANITIZE)
  foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection)
    string(MAKE_C_IDENTIFIER "CRAWL_HAS${flag}" known)
    check_cxx_compiler_flag(${flag} ${known})
    if(${known})
      add_compile_options(${flag})
    endif()
  endforeach()
  # Without optimisation _FORTIFY_SOURCE does nothing but warn. Some compilers define it already.
  add_compile_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endif()
