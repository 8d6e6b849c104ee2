// SPDX-License-Identifier: MIT
#include "tests/support/faults/plan.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// Made by the linker.
extern __attribute__((visibility("hidden"))) crawl::faults::Hook __start_crawl_hooks[];  // NOLINT
extern __attribute__((visibility("hidden"))) crawl::faults::Hook __stop_crawl_hooks[];   // NOLINT

namespace crawl::faults {
namespace {

constexpr size_t kHooksMax = 256;
constexpr size_t kSpecsMax = 48;
constexpr size_t kTextMax = 512;

struct Spec {
  char text[kTextMax] = {};
  char* functions = nullptr;  // separated by '|'
  char* substring = nullptr;
  uint64_t nth = 0;
  bool for_child = false;
  bool on_and_on = false;
  int64_t window_ms = 0;  // 0: for ever
  Verdict verdict;
};

// Shared with children, so that theirs are counted too.
struct Counters {
  std::array<std::atomic<uint64_t>, kHooksMax> calls;
  std::array<std::atomic<uint64_t>, kSpecsMax> seen;
  std::array<std::atomic<int64_t>, kSpecsMax> fired_ms;
};

std::array<Spec, kSpecsMax> specs;  // NOLINT
size_t spec_count = 0;              // NOLINT
char whole_texts[kSpecsMax][kTextMax];
char report_path[kTextMax];                 // NOLINT
Counters* counters = nullptr;               // NOLINT: set last, when all else is ready
uintptr_t program_begin = 0;                // NOLINT
uintptr_t program_end = 0;                  // NOLINT
bool in_child = false;                      // NOLINT
long (*real_syscall)(long, ...) = nullptr;  // NOLINT

size_t index_of(const Hook& hook) { return static_cast<size_t>(&hook - __start_crawl_hooks); }

int64_t now_ms() {
  timespec now{};
  real_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void report(const char* kind, const char* what, uint64_t count) {
  if (report_path[0] == '\0') return;
  char line[kTextMax + 64];
  const int size = std::snprintf(line, sizeof line, "%s %s %llu\n", kind, what,
                                 static_cast<unsigned long long>(count));
  const long fd = real_syscall(SYS_openat, AT_FDCWD, report_path,
                               O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0 || size <= 0) return;
  real_syscall(SYS_write, fd, line, static_cast<size_t>(size));
  real_syscall(SYS_close, fd);
}

bool named(const char* pattern, size_t size, const char* name) {
  if (size > 0 && pattern[size - 1] == '*') return std::strncmp(pattern, name, size - 1) == 0;
  return std::strlen(name) == size && std::memcmp(pattern, name, size) == 0;
}

bool about_function(const Spec& spec, const char* name) {
  for (const char* at = spec.functions; at != nullptr;) {
    const char* bar = std::strchr(at, '|');
    if (named(at, bar == nullptr ? std::strlen(at) : static_cast<size_t>(bar - at), name)) {
      return true;
    }
    at = bar == nullptr ? nullptr : bar + 1;
  }
  return false;
}

bool about_target(const Spec& spec, const Target& target) {
  if (spec.substring == nullptr) return true;
  if (target.path != nullptr && std::strstr(target.path, spec.substring) != nullptr) return true;
  if (target.fd < 0) return false;
  char link[64];
  char path[kTextMax];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", target.fd);
  const long size = real_syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (size <= 0) return false;
  path[size] = '\0';
  return std::strstr(path, spec.substring) != nullptr;
}

// Whether the spec strikes the call that has this number.
bool strikes(size_t at, uint64_t number) {
  const Spec& spec = specs[at];
  if (spec.verdict.action == Action::kNone || number < spec.nth) return false;
  if (number > spec.nth && !spec.on_and_on) return false;
  if (spec.window_ms == 0) return true;
  if (number == spec.nth) counters->fired_ms[at] = now_ms();
  return now_ms() - counters->fired_ms[at] <= spec.window_ms;
}

// ---- reading CRAWL_FAULT

int error_named(const char* name) {
  static constexpr struct {
    const char* name;
    int code;
  } kSqlite[] = {{"SQLITE_ERROR", 1},     {"SQLITE_PERM", 3},      {"SQLITE_BUSY", 5},
                 {"SQLITE_LOCKED", 6},    {"SQLITE_NOMEM", 7},     {"SQLITE_READONLY", 8},
                 {"SQLITE_INTERRUPT", 9}, {"SQLITE_IOERR", 10},    {"SQLITE_CORRUPT", 11},
                 {"SQLITE_FULL", 13},     {"SQLITE_CANTOPEN", 14}, {"SQLITE_TOOBIG", 18},
                 {"SQLITE_NOTADB", 26}};
  for (const auto& each : kSqlite) {
    if (std::strcmp(each.name, name) == 0) return each.code;
  }
  for (int error = 1; error < 134; ++error) {
    const char* known = ::strerrorname_np(error);
    if (known != nullptr && std::strcmp(known, name) == 0) return error;
  }
  return 0;
}

[[noreturn]] void bad_spec(const char* text) {
  std::fprintf(stderr, "CRAWL_FAULT: cannot understand \"%s\"\n", text);
  ::_exit(99);
}

void read_action(Spec& spec, char* action, const char* whole) {
  if (char* dots = std::strstr(action, "..."); dots != nullptr) {
    spec.on_and_on = true;
    spec.window_ms = std::atoll(dots + 3);
    *dots = '\0';
  }
  const auto is = [&](const char* name) { return std::strcmp(action, name) == 0; };
  if (is("count")) return;
  if (is("short")) {
    spec.verdict.action = Action::kShort;
  } else if (is("kill")) {
    spec.verdict.action = Action::kKill;
  } else if (is("kill-after")) {
    spec.verdict.action = Action::kKillAfter;
  } else if (is("torn")) {
    spec.verdict.action = Action::kTorn;
  } else {
    spec.verdict = {Action::kFail, error_named(action)};
    if (spec.verdict.error == 0) bad_spec(whole);
  }
}

void read_spec(Spec& spec, const char* text, size_t size, char* whole) {
  if (size >= kTextMax) bad_spec(text);
  std::memcpy(spec.text, text, size);
  std::memcpy(whole, text, size);
  char* action = std::strrchr(spec.text, ':');
  if (action == nullptr) bad_spec(whole);
  *action++ = '\0';
  char* number = std::strrchr(spec.text, ':');
  if (number == nullptr) bad_spec(whole);
  *number++ = '\0';
  spec.nth = std::strtoull(number, nullptr, 10);
  spec.functions = spec.text;
  spec.for_child = std::strncmp(spec.text, "child.", 6) == 0;
  if (spec.for_child) spec.functions += 6;
  spec.substring = std::strchr(spec.functions, '@');
  if (spec.substring != nullptr) *spec.substring++ = '\0';
  read_action(spec, action, whole);
}

// The program comes first.
int note_program(dl_phdr_info* module, size_t /*size*/, void* /*word*/) {
  for (int i = 0; i < module->dlpi_phnum; ++i) {
    const auto& part = module->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    program_begin = module->dlpi_addr + part.p_vaddr;
    program_end = program_begin + part.p_memsz;
  }
  return 1;
}

__attribute__((constructor)) void prepare() {
  ::dl_iterate_phdr(note_program, nullptr);
  for (Hook* hook = __start_crawl_hooks; hook != __stop_crawl_hooks; ++hook) {
    if (hook->next == nullptr) hook->next = ::dlsym(RTLD_NEXT, hook->name);
  }
  real_syscall = reinterpret_cast<long (*)(long, ...)>(::dlsym(RTLD_NEXT, "syscall"));
  const char* path = std::getenv("CRAWL_FAULT_REPORT");
  if (path != nullptr) std::snprintf(report_path, sizeof report_path, "%s", path);
  const char* text = std::getenv("CRAWL_FAULT");
  while (text != nullptr && *text != '\0') {
    const char* end = std::strchr(text, ';');
    const size_t size = end == nullptr ? std::strlen(text) : static_cast<size_t>(end - text);
    if (spec_count == kSpecsMax) bad_spec(text);
    read_spec(specs[spec_count], text, size, whole_texts[spec_count]);
    ++spec_count;
    text = end == nullptr ? nullptr : end + 1;
  }
  void* shared = reinterpret_cast<void*>(real_syscall(SYS_mmap, nullptr, sizeof(Counters),
                                                      PROT_READ | PROT_WRITE,
                                                      MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  if (shared == MAP_FAILED) bad_spec("no memory");
  counters = static_cast<Counters*>(shared);
}

void report_descriptors() {
  for (int fd = 0; fd < 1024; ++fd) {
    char link[64];
    char path[kTextMax];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const long size = real_syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (size <= 0) continue;
    path[size] = '\0';
    char line[kTextMax];
    std::snprintf(line, sizeof line, "%d %.400s", fd, path);
    report("open", line, 1);
  }
}

__attribute__((destructor)) void tell() {
  if (counters == nullptr || in_child) return;
  for (Hook* hook = __start_crawl_hooks; hook != __stop_crawl_hooks; ++hook) {
    const uint64_t calls = counters->calls[index_of(*hook)];
    if (calls > 0) report("calls", hook->name, calls);
  }
  for (size_t at = 0; at < spec_count; ++at) report("spec", whole_texts[at], counters->seen[at]);
  report_descriptors();
}

}  // namespace

Verdict judge(Hook& hook, const Target& target) {
  if (hook.next == nullptr) hook.next = ::dlsym(RTLD_NEXT, hook.name);
  if (counters == nullptr) return {};
  const int saved = errno;
  Verdict verdict;
  if (!in_child) counters->calls[index_of(hook)].fetch_add(1, std::memory_order_relaxed);
  for (size_t at = 0; at < spec_count; ++at) {
    const Spec& spec = specs[at];
    if (spec.for_child != in_child || !about_function(spec, hook.name)) continue;
    if (!about_target(spec, target)) continue;
    const uint64_t number = counters->seen[at].fetch_add(1, std::memory_order_relaxed) + 1;
    if (!strikes(at, number)) continue;
    if (number == spec.nth) report("fired", whole_texts[at], number);
    verdict = spec.verdict;
  }
  errno = saved;
  if (verdict.action == Action::kKill) kill_self();
  return verdict;
}

bool of_program(const void* code) {
  const auto at = reinterpret_cast<uintptr_t>(code);
  return at >= program_begin && at < program_end;
}

void entered_child() { in_child = true; }

void kill_self() {
  for (;;) real_syscall(SYS_kill, real_syscall(SYS_getpid), SIGKILL);
}

}  // namespace crawl::faults
