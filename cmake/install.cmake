# SPDX-License-Identifier: MIT
# What is installed, and the Debian package. `crawl` finds its fetcher in ../libexec/crawl/ from itself.
include(GNUInstallDirs)

install(TARGETS crawl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS crawl-fetcher crawl-serve RUNTIME DESTINATION libexec/crawl)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
# Examples of a nightly run, with this installation's paths.
foreach(example IN ITEMS crawl@.service crontab)
  configure_file(${PROJECT_SOURCE_DIR}/packaging/${example}.in ${PROJECT_BINARY_DIR}/packaging/${example} @ONLY)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/packaging/crawl@.service ${PROJECT_SOURCE_DIR}/packaging/crawl@.timer
  ${PROJECT_BINARY_DIR}/packaging/crontab DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY seeds/ DESTINATION ${CMAKE_INSTALL_DATADIR}/crawl/seeds FILES_MATCHING PATTERN "*.txt"
  PATTERN "CMakeLists.txt" EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT "the crawl developers <crawl@localhost>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION web)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS ca-certificates)
# The package's first line is CPACK_PACKAGE_DESCRIPTION_SUMMARY: the project's description.
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"One coordinator hands URLs to fetcher processes, one per core, and stores every page, its links and
what became of each URL in one SQLite database, which any SQLite client can read, also meanwhile. It
obeys robots.txt, keeps to one connection and one second per host, and continues where it was after
anything has died.")
include(CPack)
