// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "reader/commands.h"

namespace crawl {

struct ServeOptions : ReadOptions {
  std::string address = "127.0.0.1";
  int64_t port = 8017;
  std::string token_file;  // "": none
};

// `crawl serve`: this process becomes crawl-serve, the program that belongs to it. Returns only
// where that cannot be run: kConfig.
ExitCode command_serve(const ServeOptions& options);

}  // namespace crawl
