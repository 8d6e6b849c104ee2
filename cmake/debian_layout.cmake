# SPDX-License-Identifier: MIT
# cpack runs this between installing and packing: what Debian has otherwise than a prefix of one's own.
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
set(prefix ${CPACK_TEMPORARY_INSTALL_DIRECTORY}${CPACK_PACKAGING_INSTALL_PREFIX})
file(RENAME ${prefix}/share/zsh/site-functions ${prefix}/share/zsh/vendor-completions)
# As dh_strip does.
file(GLOB programs ${prefix}/bin/* ${prefix}/libexec/crawl/*)
execute_process(COMMAND strip --remove-section=.comment --remove-section=.note ${programs}
  COMMAND_ERROR_IS_FATAL ANY)
# Whatever the umask is. Only the modes that the archive gives its own three members still follow it.
execute_process(COMMAND chmod -R u=rwX,go=rX ${prefix} COMMAND_ERROR_IS_FATAL ANY)
