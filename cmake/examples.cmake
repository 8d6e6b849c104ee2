# SPDX-License-Identifier: MIT
# Examples of a nightly run, with the paths of where they are installed: known only then (--prefix).
set(examples_dir ${CMAKE_INSTALL_DOCDIR}/examples)
install(CODE "
  set(CMAKE_INSTALL_FULL_BINDIR \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  foreach(example IN ITEMS crawl@.service crontab)
    set(path \"\${CMAKE_INSTALL_PREFIX}/${examples_dir}/\${example}\")
    message(STATUS \"Installing: \$ENV{DESTDIR}\${path}\")
    configure_file(\"${PROJECT_SOURCE_DIR}/packaging/\${example}.in\" \"\$ENV{DESTDIR}\${path}\" @ONLY)
    list(APPEND CMAKE_INSTALL_MANIFEST_FILES \"\${path}\")
  endforeach()
")
install(FILES packaging/crawl@.timer DESTINATION ${examples_dir})
