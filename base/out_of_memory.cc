// SPDX-License-Identifier: MIT
#include "base/out_of_memory.h"

#include <unistd.h>

#include <string_view>

namespace crawl {

void out_of_memory() {
  constexpr int kExitCode = 74;  // ExitCode::kIo
  constexpr std::string_view kLine =
      "crawl: out of memory; nothing that was stored is lost: run the same command again, it "
      "resumes\n";
  (void)!::write(STDERR_FILENO, kLine.data(), kLine.size());
  ::_exit(kExitCode);
}

}  // namespace crawl
