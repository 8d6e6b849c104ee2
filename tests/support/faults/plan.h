// SPDX-License-Identifier: MIT
#pragma once

// What fails, and when, in a process that has libcrawl_faults.so preloaded.
//
//   CRAWL_FAULT         FUNCTION[|FUNCTION…][@SUBSTRING]:N:ACTION, several with ';' between them
//   CRAWL_FAULT_REPORT  a file that is appended to: "fired SPEC" when a fault strikes; and when the
//                       process ends by exit: "calls FUNCTION COUNT" of each function, "spec SPEC
//                       COUNT" of the calls each fault has counted, and "open FD TARGET" of each
//                       descriptor
//
// FUNCTION: a name of functions.cc or sqlite.cc; a '*' at its end stands for anything. "child." in
// front: only between fork and exec, where N counts over all children; without it: only in the
// process itself. System calls through syscall() have the name of the call.
// SUBSTRING: only where the path, or what the descriptor is open on, contains it: "-wal", "pipe:",
// "[eventfd]", "memfd:".
// N: the first call is 1.
// ACTION, of the Nth call:
//   ENOSPC       it fails with this errno, or with this SQLITE_ code where SQLite's own functions
//                fail
//   ENOSPC...    this one and all after it; ENOSPC...5000: of the next 5000 ms
//   short        half of what it was to read or write
//   kill         SIGKILL before it; kill-after: after it; torn: after half of its bytes
//   count        nothing

#include <cstddef>
#include <cstdint>

namespace crawl::faults {

// One function that is stood in for. All of them are in one section of the library.
struct Hook {
  const char* name;
  void* next;  // the real one
};

// What a call is about, for SUBSTRING.
struct Target {
  int fd = -1;
  const char* path = nullptr;
};

enum class Action : uint8_t { kNone, kFail, kShort, kKill, kKillAfter, kTorn };

struct Verdict {
  Action action = Action::kNone;
  int error = 0;
};

// Whether this is an address of the program itself, and not of a library.
bool of_program(const void* code);

// Counts the call and says what becomes of it. Takes no lock and no memory.
Verdict judge(Hook& hook, const Target& target);

// From now on this process is a child that has not called exec yet.
void entered_child();

[[noreturn]] void kill_self();

// Half of the bytes, but not nothing.
constexpr size_t half(size_t bytes) { return bytes < 2 ? bytes : bytes / 2; }

}  // namespace crawl::faults

#define CRAWL_HOOK(identifier, text)                         \
  __attribute__((section("crawl_hooks"), used, aligned(16))) \
  crawl::faults::Hook hook_##identifier {                    \
    text, nullptr                                            \
  }
