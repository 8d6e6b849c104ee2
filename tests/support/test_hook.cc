// SPDX-License-Identifier: MIT
#include "fetcher/test_hook.h"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

// Misbehaviour on demand, for tests of supervision.

namespace crawl {

namespace {

struct Trap {
  std::string kind;
  std::string url_part;
};

// The hook's interface is two free functions, so its state lives here; production has none of this.
std::vector<Trap>& traps() {
  static std::vector<Trap> list;
  return list;
}

[[noreturn]] void crash() {
  std::signal(SIGSEGV, SIG_DFL);
  ::raise(SIGSEGV);
  std::abort();
}

[[noreturn]] void hang() {
  volatile bool hanging = true;
  for (;;) {
    if (!hanging) std::abort();  // read each time round, or the loop would be undefined
  }
}

// Until something kills us, or 1 GiB: a test must not take the machine down.
[[noreturn]] void leak() {
  constexpr size_t kStep = 16u << 20;
  constexpr size_t kSteps = 64;
  for (size_t i = 0; i < kSteps; ++i) {
    void* block =
        ::mmap(nullptr, kStep, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) break;
    std::memset(block, 0x5A, kStep);
  }
  std::abort();
}

void spring(const std::string& kind) {
  if (kind == "crash") crash();
  if (kind == "hang") hang();
  if (kind == "leak") leak();
  if (kind == "exit") ::_exit(3);
}

}  // namespace

void install_test_hook(std::string_view spec) {
  traps().clear();
  while (!spec.empty()) {
    const size_t end = spec.find(';');
    const std::string_view item = spec.substr(0, end);
    const size_t equals = item.find('=');
    if (equals != std::string_view::npos && equals + 1 < item.size()) {
      traps().push_back(
          {std::string(item.substr(0, equals)), std::string(item.substr(equals + 1))});
    }
    if (end == std::string_view::npos) return;
    spec.remove_prefix(end + 1);
  }
}

void run_test_hook(std::string_view url, Phase phase) {
  // Plain text is decoded but not parsed.
  if (phase != Phase::kDecode && phase != Phase::kParse) return;
  for (const Trap& trap : traps()) {
    if (url.find(trap.url_part) != std::string_view::npos) spring(trap.kind);
  }
}

}  // namespace crawl
