// SPDX-License-Identifier: MIT
#include "fetcher/html_arena.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace crawl {
namespace {

constexpr uint32_t kAllocationsPerLook = 128;
constexpr size_t kBytesKept = 16u << 20;  // stay warm between pages
constexpr size_t kAlignment = alignof(void*);
constexpr size_t kBytesMin = 1u << 20;

int64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

Result<std::unique_ptr<HtmlArena>> HtmlArena::create(const Options& options) {
  size_t bytes = std::max<size_t>(options.bytes_max, kBytesMin);
  bytes &= ~(size_t{4096} - 1);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return errno_error("reserve memory for the HTML parser");
  std::unique_ptr<HtmlArena> arena(new HtmlArena(options, static_cast<std::byte*>(memory), bytes));
  if (auto timer = arena->create_timer(); !timer) return timer.error();
  return arena;
}

HtmlArena::~HtmlArena() {
  if (has_timer_) timer_delete(timer_);
  munmap(begin_, static_cast<size_t>(end_ - begin_));
}

Result<void> HtmlArena::create_timer() {
  struct sigaction action {};
  action.sa_sigaction = on_timer;
  // SA_NODEFER: the handler is left by a jump that does not restore the signal mask.
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGVTALRM, &action, nullptr) != 0) return errno_error("handle SIGVTALRM");
  sigset_t unblocked;
  sigemptyset(&unblocked);
  sigaddset(&unblocked, SIGVTALRM);
  if (int error = pthread_sigmask(SIG_UNBLOCK, &unblocked, nullptr)) {
    return errno_error(error, "unblock SIGVTALRM");
  }
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGVTALRM;
  event.sigev_value.sival_ptr = this;
#ifdef sigev_notify_thread_id
  event.sigev_notify_thread_id = static_cast<pid_t>(syscall(SYS_gettid));
#else
  event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
#endif
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer_) != 0) {
    return errno_error("create the HTML parser's CPU timer");
  }
  has_timer_ = true;
  return {};
}

void HtmlArena::set_timer(uint32_t ms) {
  itimerspec when{};
  when.it_value.tv_sec = ms / 1000;
  when.it_value.tv_nsec = long{ms % 1000} * 1'000'000;
  timer_settime(timer_, 0, &when, nullptr);
}

const GumboOutput* HtmlArena::parse(std::string_view html, uint64_t bytes_limit) {
  clear();
  stop_at_ = begin_ + (std::min<uint64_t>(bytes_limit, bytes_max()) & ~(kAlignment - 1));
  stop_ = Stop::kNone;
  until_clock_ = kAllocationsPerLook;
  deadline_ns_ = thread_cpu_ns() + int64_t{options_.cpu_ms_max} * 1'000'000;
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = allocate;
  options.deallocator = deallocate;
  options.userdata = this;
  options.max_errors = 0;  // each error is allocated, and they are many
  set_timer(std::max(options_.cpu_ms_max, 1u));
  if (sigsetjmp(way_out_, 0) == 0) {
    in_gumbo_ = 1;
    output_ = gumbo_parse_with_options(&options, html.data(), html.size());
    in_gumbo_ = 0;
  } else {
    output_ = nullptr;
  }
  set_timer(0);
  return output_;
}

void HtmlArena::clear() {
  output_ = nullptr;
  if (bytes_used() > kBytesKept) {
    madvise(begin_ + kBytesKept, bytes_used() - kBytesKept, MADV_DONTNEED);
  }
  cursor_ = begin_;
}

void* HtmlArena::allocate(void* self, size_t bytes) {
  auto* arena = static_cast<HtmlArena*>(self);
  // The space left is a multiple of the alignment, so what fits still fits when rounded up.
  if (bytes > static_cast<size_t>(arena->stop_at_ - arena->cursor_)) arena->jump(Stop::kBytes);
  if (--arena->until_clock_ == 0) arena->look_at_clock();
  std::byte* memory = arena->cursor_;
  arena->cursor_ += (bytes + kAlignment - 1) & ~(kAlignment - 1);
  return memory;
}

void HtmlArena::deallocate(void* /*self*/, void* /*pointer*/) {}

void HtmlArena::look_at_clock() {
  until_clock_ = kAllocationsPerLook;
  if (thread_cpu_ns() >= deadline_ns_) jump(Stop::kCpu);
}

void HtmlArena::on_timer(int /*signal*/, siginfo_t* info, void* /*context*/) {
  if (info->si_code != SI_TIMER) return;
  auto* arena = static_cast<HtmlArena*>(info->si_value.sival_ptr);
  if (arena->in_gumbo_ != 0) arena->jump(Stop::kCpu);
}

void HtmlArena::jump(Stop why) {
  in_gumbo_ = 0;
  stop_ = why;
  siglongjmp(way_out_, 1);
}

}  // namespace crawl
