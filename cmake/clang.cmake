# SPDX-License-Identifier: MIT
# Toolchain of the fuzz preset: libFuzzer comes with clang only.
find_program(CRAWL_CLANGXX NAMES clang++ clang++-19 clang++-18 clang++-16 clang++-15 clang++-14 REQUIRED)
set(CMAKE_CXX_COMPILER ${CRAWL_CLANGXX})
