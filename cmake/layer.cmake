# SPDX-License-Identifier: MIT
add_library(crawl_warnings INTERFACE)
target_compile_options(crawl_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual $<$<BOOL:${CRAWL_WERROR}>:-Werror>)

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
  target_link_libraries(crawl_${name} PRIVATE crawl_warnings ${ARG_LINK})
endfunction()
