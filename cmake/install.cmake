# SPDX-License-Identifier: MIT
# What is installed, and the Debian package. `crawl` finds its fetcher in ../libexec/crawl/ from itself,
# so that an installed tree can be moved.
include(GNUInstallDirs)

install(TARGETS crawl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS crawl-fetcher crawl-serve RUNTIME DESTINATION libexec/crawl)
install(DIRECTORY ${CRAWL_MANUAL_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR})
foreach(completions bash-completion zsh fish)
  install(DIRECTORY ${CRAWL_MANUAL_DIR}/${completions} DESTINATION ${CMAKE_INSTALL_DATADIR})
endforeach()
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${CRAWL_MANUAL_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
include(cmake/examples.cmake)
install(DIRECTORY seeds/ DESTINATION ${CMAKE_INSTALL_DATADIR}/crawl/seeds FILES_MATCHING PATTERN "*.txt"
  PATTERN "CMakeLists.txt" EXCLUDE)

set(CPACK_GENERATOR DEB)
# Installed as /usr, below DESTDIR: the paths in the examples are those of the package.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
# Who packages it for others names himself: cpack -D CPACK_PACKAGE_CONTACT='NAME <ADDRESS>'
set(CPACK_PACKAGE_CONTACT "The crawl developers <developers@crawl.invalid>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS sqlite3)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/package_time.cmake)
set(CPACK_CRAWL_SOURCE_DIR ${PROJECT_SOURCE_DIR})
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian_layout.cmake)
# A synopsis without its article, as Debian has it.
string(REGEX REPLACE "^A " "" CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"One coordinator hands URLs to fetcher processes, one per core, and stores
every page, its links and what became of each URL in one SQLite database,
which any SQLite client can read, also meanwhile. It obeys robots.txt, keeps
to one connection and one second per host, and continues where it was after
anything has died.")
include(CPack)
