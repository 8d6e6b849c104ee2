# SPDX-License-Identifier: MIT
add_library(crawl_warnings INTERFACE)
target_compile_options(crawl_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wformat -Werror=format-security $<$<BOOL:${CRAWL_WERROR}>:-Werror>)

# What is released names its sources from the top of the tree, wherever it was built. ccache may have made
# their paths relative to the build folder before.
file(RELATIVE_PATH crawl_from_build ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
string(REGEX REPLACE "/+$" "" crawl_from_build "${crawl_from_build}")
add_library(crawl_paths INTERFACE)
target_compile_options(crawl_paths INTERFACE
  $<$<CONFIG:Release>:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/= -ffile-prefix-map=${crawl_from_build}/=>)

if(CRAWL_SANITIZE)
  add_compile_options(-fsanitize=${CRAWL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CRAWL_SANITIZE})
endif()

# crawl_layer(NAME SOURCES… LINK …): one static library per layer, with private links, so that a layer
# sees only what it names. Includes are written from the top of the tree.
function(crawl_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_library(crawl_${name} STATIC ${ARG_SOURCES})
  target_include_directories(crawl_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(crawl_${name} PRIVATE crawl_warnings crawl_paths ${ARG_LINK})
endfunction()
