// SPDX-License-Identifier: MIT
#include "crawler/command_serve.h"

#include <unistd.h>

#include "crawler/program_locator.h"
#include "reader/read_support.h"

namespace crawl {

ExitCode command_serve(const ServeOptions& options) {
  Result<LocatedProgram> server = locate_server();
  if (!server) return report_line(options, ExitCode::kConfig, server.error().message());
  const std::string port = std::to_string(options.port);
  const char* arguments[] = {"crawl-serve", options.database.c_str(),   options.address.c_str(),
                             port.c_str(),  options.token_file.c_str(), nullptr};
  ::fexecve(server->fd.fd(), const_cast<char**>(arguments), environ);
  return report_line(options, ExitCode::kConfig,
                     errno_error("cannot run " + server->path).message());
}

}  // namespace crawl
