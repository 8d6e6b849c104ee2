# SPDX-License-Identifier: MIT
# cpack reads this first. The times in a package are those of the commit it was built from, or of its
# release where there is no repository: two builds of the same sources give the same package.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  set(time "")
  if(EXISTS ${CPACK_CRAWL_SOURCE_DIR}/.git)
    execute_process(COMMAND git -C ${CPACK_CRAWL_SOURCE_DIR} log -1 --format=%ct
      OUTPUT_VARIABLE time OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(NOT time)
    execute_process(COMMAND dpkg-parsechangelog -l${CPACK_CRAWL_SOURCE_DIR}/packaging/changelog -STimestamp
      OUTPUT_VARIABLE time OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(time)
    set(ENV{SOURCE_DATE_EPOCH} ${time})
  endif()
endif()
