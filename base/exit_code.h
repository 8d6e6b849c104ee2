// SPDX-License-Identifier: MIT
#pragma once

namespace crawl {

// Exit codes: sysexits(3), docs/promises.md.
enum class ExitCode : int {
  kDone = 0,
  kUsage = 64,
  kNoSeeds = 65,
  kNoInput = 66,
  kUnreachable = 69,
  kBug = 70,
  kCannotCreate = 73,
  kIo = 74,
  kBusy = 75,
  kConfig = 78,
  kHungUp = 129,
  kInterrupted = 130,
  kTerminated = 143,
};

}  // namespace crawl
