// SPDX-License-Identifier: MIT
// Preloaded into a program: its wall clock is off by as many seconds as the file $CRAWL_WALL_CLOCK
// says, 8 bytes in the machine's order, which a test may change at any time. The monotonic clock is
// left alone. Used by tests/support/wall_clock.py.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

using Offset = std::atomic<int64_t>;
static_assert(Offset::is_always_lock_free);

int64_t offset_s() {
  static const Offset* const shared = [] {
    const char* path = std::getenv("CRAWL_WALL_CLOCK");
    const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    void* memory =
        fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(Offset), PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) ::close(fd);
    if (memory == MAP_FAILED) std::abort();
    return static_cast<const Offset*>(memory);
  }();
  return shared->load();
}

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t id, timespec* now) {
  static const auto real = next<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int result = real(id, now);
  if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
    now->tv_sec += offset_s();
  }
  return result;
}

int gettimeofday(timeval* now, void* zone) {
  static const auto real = next<int (*)(timeval*, void*)>("gettimeofday");
  const int result = real(now, zone);
  if (result == 0) now->tv_sec += offset_s();
  return result;
}

time_t time(time_t* result) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != nullptr) *result = now.tv_sec;
  return now.tv_sec;
}

}  // extern "C"
