// SPDX-License-Identifier: MIT
#pragma once

// gumbo under guard. gumbo has no limits of its own: hostile input takes it quadratic time, 75
// times the input's memory, and its destructor recurses. Here it allocates from one bump arena that
// is never freed piece by piece, and it is left by siglongjmp as soon as the arena is full or the
// CPU time is used up.
//
// Why jumping out is sound: between sigsetjmp and the jump lie only gumbo's frames, which are C and
// own nothing but arena memory, and the allocator below, which does not allocate, lock or call
// back. The CPU clock is looked at in the allocator; a per-thread CPU timer covers loops that do
// not allocate (its signal jumps only while gumbo runs; it carries the arena's address, so there is
// no global state).

#include <gumbo.h>
#include <setjmp.h>
#include <signal.h>
#include <time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace crawl {

class HtmlArena {
 public:
  struct Options {
    uint64_t bytes_max = 160u << 20;  // address space reserved at once; pages are touched as needed
    uint32_t cpu_ms_max = 1'000;      // CPU time of this thread per parse, not wall-clock time
  };
  enum class Stop : uint8_t { kNone, kBytes, kCpu };

  // Takes over SIGVTALRM. Must be used on the thread that calls create(), which the timer watches.
  static Result<std::unique_ptr<HtmlArena>> create(const Options& options);
  ~HtmlArena();
  HtmlArena(const HtmlArena&) = delete;
  HtmlArena& operator=(const HtmlArena&) = delete;

  // The tree of `html` (UTF-8), or nullptr when a limit stopped the parser, see stop(). The tree
  // points into `html` and this arena; it is valid until the next parse() or clear(). Never destroy
  // it.
  // `bytes_limit`: of the arena, where create() was given more.
  const GumboOutput* parse(std::string_view html, uint64_t bytes_limit = UINT64_MAX);
  Stop stop() const { return stop_; }
  size_t bytes_used() const { return static_cast<size_t>(cursor_ - begin_); }
  size_t bytes_max() const { return static_cast<size_t>(end_ - begin_); }

  // Forgets the tree and gives the memory of an unusually large one back to the system.
  void clear();

 private:
  HtmlArena(const Options& options, std::byte* memory, size_t bytes)
      : options_(options), begin_(memory), cursor_(memory), end_(memory + bytes), stop_at_(end_) {}
  Result<void> create_timer();
  void set_timer(uint32_t ms);
  static void* allocate(void* self, size_t bytes);
  static void deallocate(void* self, void* pointer);
  static void on_timer(int signal, siginfo_t* info, void* context);
  void look_at_clock();
  [[noreturn]] void jump(Stop why);

  const Options options_;
  std::byte* begin_;
  std::byte* cursor_;
  std::byte* const end_;
  std::byte* stop_at_;        // of this parse
  uint32_t until_clock_ = 0;  // allocations until the clock is looked at
  int64_t deadline_ns_ = 0;   // on the thread's CPU clock
  const GumboOutput* output_ = nullptr;
  timer_t timer_{};
  bool has_timer_ = false;
  volatile sig_atomic_t in_gumbo_ = 0;  // the one thing the signal handler may believe
  Stop stop_ = Stop::kNone;
  sigjmp_buf way_out_;
};

}  // namespace crawl
