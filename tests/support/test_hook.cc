// SPDX-License-Identifier: MIT
#include "fetcher/test_hook.h"

#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
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

// What somebody would do who has taken the fetcher over: "connect:PORT", to this machine, past all
// checks of its own, again and again, until it is reached or somebody puts an end to it.
void connect_to(const std::string& port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(port.c_str())));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (bool reached = false; !reached;) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    reached = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
  }
}

// The same for "run": a program.
void run_a_program() {
  char name[] = "/bin/true";
  char* const arguments[] = {name, nullptr};
  ::execv(name, arguments);
}

void spring(const std::string& kind) {
  if (kind == "run") run_a_program();
  if (kind.compare(0, 8, "connect:") == 0) connect_to(kind.substr(8));
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
