// SPDX-License-Identifier: MIT
// The functions of the C library that can be made to fail. Those with "chk", "_2" and "64" in their
// names are what callers that were compiled so call instead of the plain ones.

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <ctime>

#include "tests/support/faults/stand_in.h"

#define BY_PATH \
  { -1, path }
#define BY_FD \
  { fd }
#define NOTHING \
  {}

// ---- files

FAULTY(int, open, (const char* path, int flags, unsigned mode), (path, flags, mode), BY_PATH, -1)
FAULTY(int, open64, (const char* path, int flags, unsigned mode), (path, flags, mode), BY_PATH, -1)
FAULTY(int, __open_2, (const char* path, int flags), (path, flags), BY_PATH, -1)
FAULTY(int, __open64_2, (const char* path, int flags), (path, flags), BY_PATH, -1)
FAULTY(int, openat, (int at, const char* path, int flags, unsigned mode), (at, path, flags, mode),
       BY_PATH, -1)
FAULTY(FILE*, fopen, (const char* path, const char* mode), (path, mode), BY_PATH, nullptr)
FAULTY(FILE*, fopen64, (const char* path, const char* mode), (path, mode), BY_PATH, nullptr)
FAULTY(int, stat, (const char* path, struct stat* out), (path, out), BY_PATH, -1)
FAULTY(int, stat64, (const char* path, struct stat64* out), (path, out), BY_PATH, -1)
FAULTY(int, lstat, (const char* path, struct stat* out), (path, out), BY_PATH, -1)
FAULTY(int, lstat64, (const char* path, struct stat64* out), (path, out), BY_PATH, -1)
FAULTY(int, fstat, (int fd, struct stat* out), (fd, out), BY_FD, -1)
FAULTY(int, fstat64, (int fd, struct stat64* out), (fd, out), BY_FD, -1)
FAULTY(int, access, (const char* path, int mode), (path, mode), BY_PATH, -1)
FAULTY(int, faccessat, (int at, const char* path, int mode, int flags), (at, path, mode, flags),
       BY_PATH, -1)
FAULTY(char*, realpath, (const char* path, char* out), (path, out), BY_PATH, nullptr)
FAULTY(char*, __realpath_chk, (const char* path, char* out, size_t room), (path, out, room),
       BY_PATH, nullptr)
FAULTY(ssize_t, readlink, (const char* path, char* out, size_t room), (path, out, room), BY_PATH,
       -1)
FAULTY(char*, getcwd, (char* out, size_t room), (out, room), NOTHING, nullptr)
FAULTY(int, statvfs, (const char* path, struct statvfs* out), (path, out), BY_PATH, -1)
FAULTY(int, unlink, (const char* path), (path), BY_PATH, -1)
FAULTY(int, rename, (const char* path, const char* target), (path, target), BY_PATH, -1)
FAULTY(int, mkdir, (const char* path, unsigned mode), (path, mode), BY_PATH, -1)
FAULTY(char*, mkdtemp, (char* path), (path), BY_PATH, nullptr)
FAULTY(int, rmdir, (const char* path), (path), BY_PATH, -1)
FAULTY(int, ftruncate, (int fd, off_t size), (fd, size), BY_FD, -1)
FAULTY(int, ftruncate64, (int fd, off_t size), (fd, size), BY_FD, -1)
FAULTY(int, fsync, (int fd), (fd), BY_FD, -1)
FAULTY(int, fdatasync, (int fd), (fd), BY_FD, -1)
FAULTY(int, fchmod, (int fd, unsigned mode), (fd, mode), BY_FD, -1)
FAULTY(int, fchown, (int fd, unsigned user, unsigned group), (fd, user, group), BY_FD, -1)
FAULTY(int, fcntl, (int fd, int command, long word), (fd, command, word), BY_FD, -1)
FAULTY(int, fcntl64, (int fd, int command, long word), (fd, command, word), BY_FD, -1)

FAULTY_BYTES(ssize_t, read, (int fd, void* bytes, size_t size), (fd, bytes, size), BY_FD, size)
FAULTY_BYTES(ssize_t, pread, (int fd, void* bytes, size_t size, off_t at), (fd, bytes, size, at),
             BY_FD, size)
FAULTY_BYTES(ssize_t, pread64, (int fd, void* bytes, size_t size, off_t at), (fd, bytes, size, at),
             BY_FD, size)
FAULTY_BYTES(ssize_t, __read_chk, (int fd, void* bytes, size_t size, size_t room),
             (fd, bytes, size, room), BY_FD, size)
FAULTY_BYTES(ssize_t, __pread_chk, (int fd, void* bytes, size_t size, off_t at, size_t room),
             (fd, bytes, size, at, room), BY_FD, size)
FAULTY_BYTES(ssize_t, write, (int fd, const void* bytes, size_t size), (fd, bytes, size), BY_FD,
             size)
FAULTY_BYTES(ssize_t, pwrite, (int fd, const void* bytes, size_t size, off_t at),
             (fd, bytes, size, at), BY_FD, size)
FAULTY_BYTES(ssize_t, pwrite64, (int fd, const void* bytes, size_t size, off_t at),
             (fd, bytes, size, at), BY_FD, size)

CRAWL_STAND_IN(ssize_t, writev, (int fd, const iovec* parts, int count)) {
  iovec one = count > 0 ? parts[0] : iovec{};
  return crawl::faults::run_bytes<ssize_t>(hook_writev, {fd}, one.iov_len, [&](size_t size) {
    const auto next = CRAWL_NEXT(ssize_t, writev, (int, const iovec*, int));
    if (size == one.iov_len) return next(fd, parts, count);
    one.iov_len = size;
    return next(fd, &one, 1);
  });
}

// Closed all the same, as Linux does.
CRAWL_STAND_IN(int, close, (int fd)) {
  const crawl::faults::Verdict verdict = judge(hook_close, {fd});
  const int result = CRAWL_NEXT(int, close, (int))(fd);
  if (verdict.action == crawl::faults::Action::kKillAfter) crawl::faults::kill_self();
  if (verdict.action != crawl::faults::Action::kFail) return result;
  errno = verdict.error;
  return -1;
}

// ---- memory

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

// The real ones are known from the beginning: looking for them would allocate.
#define FAULTY_MEMORY(name, real, parameters, arguments)                                        \
  static __attribute__((section("crawl_hooks"), used, aligned(16)))                             \
  crawl::faults::Hook hook_##name{#name, reinterpret_cast<void*>(real)};                        \
  extern "C" void* stand_in_##name parameters __asm__(#name);                                   \
  extern "C" __attribute__((visibility("default"))) void* stand_in_##name parameters {          \
    return crawl::faults::run<void*>(hook_##name, {}, nullptr, [&] { return real arguments; }); \
  }

FAULTY_MEMORY(malloc, __libc_malloc, (size_t size), (size))
FAULTY_MEMORY(calloc, __libc_calloc, (size_t count, size_t size), (count, size))
FAULTY_MEMORY(realloc, __libc_realloc, (void* old, size_t size), (old, size))
FAULTY_MEMORY(aligned_alloc, __libc_memalign, (size_t alignment, size_t size), (alignment, size))

FAULTY(void*, mmap, (void* at, size_t size, int protection, int flags, int fd, off_t offset),
       (at, size, protection, flags, fd, offset), BY_FD, MAP_FAILED)
FAULTY(void*, mmap64, (void* at, size_t size, int protection, int flags, int fd, off_t offset),
       (at, size, protection, flags, fd, offset), BY_FD, MAP_FAILED)
FAULTY(void*, mremap, (void* old, size_t size, size_t wanted, int flags, void* at),
       (old, size, wanted, flags, at), NOTHING, MAP_FAILED)
FAULTY(int, memfd_create, (const char* path, unsigned flags), (path, flags), BY_PATH, -1)

// ---- descriptors

FAULTY(int, pipe2, (int* ends, int flags), (ends, flags), NOTHING, -1)
FAULTY(int, eventfd, (unsigned value, int flags), (value, flags), NOTHING, -1)
FAULTY(int, signalfd, (int fd, const sigset_t* set, int flags), (fd, set, flags), NOTHING, -1)
FAULTY(int, epoll_create1, (int flags), (flags), NOTHING, -1)
FAULTY(int, epoll_ctl, (int epoll, int operation, int fd, epoll_event* event),
       (epoll, operation, fd, event), BY_FD, -1)
FAULTY(int, epoll_wait, (int fd, epoll_event* events, int room, int timeout_ms),
       (fd, events, room, timeout_ms), BY_FD, -1)
FAULTY(int, poll, (pollfd * fds, nfds_t count, int timeout_ms), (fds, count, timeout_ms), NOTHING,
       -1)
FAULTY(int, dup2, (int fd, int target), (fd, target), BY_FD, -1)
FAULTY(int, dup3, (int fd, int target, int flags), (fd, target, flags), BY_FD, -1)
FAULTY(int, ioctl, (int fd, unsigned long command, void* word), (fd, command, word), BY_FD, -1)
FAULTY(int, socket, (int domain, int type, int protocol), (domain, type, protocol), NOTHING, -1)
FAULTY(int, connect, (int fd, const sockaddr* address, socklen_t size), (fd, address, size), BY_FD,
       -1)
FAULTY(int, bind, (int fd, const sockaddr* address, socklen_t size), (fd, address, size), BY_FD, -1)
FAULTY(int, listen, (int fd, int backlog), (fd, backlog), BY_FD, -1)
FAULTY(int, accept4, (int fd, sockaddr* address, socklen_t* size, int flags),
       (fd, address, size, flags), BY_FD, -1)
FAULTY(int, getsockname, (int fd, sockaddr* address, socklen_t* size), (fd, address, size), BY_FD,
       -1)
FAULTY(int, getsockopt, (int fd, int level, int option, void* value, socklen_t* size),
       (fd, level, option, value, size), BY_FD, -1)
FAULTY_BYTES(ssize_t, recv, (int fd, void* bytes, size_t size, int flags), (fd, bytes, size, flags),
             BY_FD, size)
FAULTY_BYTES(ssize_t, __recv_chk, (int fd, void* bytes, size_t size, size_t room, int flags),
             (fd, bytes, size, room, flags), BY_FD, size)
FAULTY_BYTES(ssize_t, send, (int fd, const void* bytes, size_t size, int flags),
             (fd, bytes, size, flags), BY_FD, size)

// ---- processes and threads

CRAWL_STAND_IN(pid_t, fork, ()) {
  return crawl::faults::run<pid_t>(hook_fork, {}, -1, [] {
    const pid_t pid = CRAWL_NEXT(pid_t, fork, ())();
    if (pid == 0) crawl::faults::entered_child();
    return pid;
  });
}

// Returns the error, and leaves errno alone.
CRAWL_STAND_IN(int, pthread_create,
               (unsigned long* thread, const void* attributes, void* (*body)(void*), void* word)) {
  const crawl::faults::Verdict verdict = judge(hook_pthread_create, {});
  if (verdict.action == crawl::faults::Action::kFail) return verdict.error;
  return CRAWL_NEXT(int, pthread_create, (unsigned long*, const void*, void* (*)(void*), void*))(
      thread, attributes, body, word);
}
FAULTY(int, waitid, (int kind, unsigned id, siginfo_t* info, int options),
       (kind, id, info, options), NOTHING, -1)
FAULTY(pid_t, waitpid, (pid_t pid, int* status, int options), (pid, status, options), NOTHING, -1)
FAULTY(int, kill, (pid_t pid, int signal), (pid, signal), NOTHING, -1)
FAULTY(int, prctl, (int option, long a, long b, long c, long d), (option, a, b, c, d), NOTHING, -1)
FAULTY(pid_t, setsid, (), (), NOTHING, -1)
FAULTY(int, sigaction, (int signal, const struct sigaction* action, struct sigaction* old),
       (signal, action, old), NOTHING, -1)
FAULTY(ssize_t, process_vm_readv,
       (pid_t pid, const iovec* here, unsigned long ours, const iovec* there, unsigned long theirs,
        unsigned long flags),
       (pid, here, ours, there, theirs, flags), NOTHING, -1)
FAULTY(int, sched_getaffinity, (pid_t pid, size_t size, void* set), (pid, size, set), NOTHING, -1)
FAULTY_BYTES(ssize_t, getrandom, (void* bytes, size_t size, unsigned flags), (bytes, size, flags),
             NOTHING, size)
FAULTY(int, clock_gettime, (int clock, timespec* now), (clock, now), NOTHING, -1)
FAULTY(int, nanosleep, (const timespec* wanted, timespec* left), (wanted, left), NOTHING, -1)

// ---- system calls without a function of their own

#define CALL_HOOK(name) static CRAWL_HOOK(call_##name, #name)
CALL_HOOK(pidfd_open);
CALL_HOOK(pidfd_getfd);
CALL_HOOK(pidfd_send_signal);
CALL_HOOK(seccomp);
CALL_HOOK(execveat);
CALL_HOOK(close_range);
CALL_HOOK(capget);
static CRAWL_HOOK(syscall, "syscall");

static crawl::faults::Hook& hook_of_call(long number) {
  switch (number) {
    case SYS_pidfd_open:
      return hook_call_pidfd_open;
    case SYS_pidfd_getfd:
      return hook_call_pidfd_getfd;
    case SYS_pidfd_send_signal:
      return hook_call_pidfd_send_signal;
    case SYS_seccomp:
      return hook_call_seccomp;
    case SYS_execveat:
      return hook_call_execveat;
    case SYS_close_range:
      return hook_call_close_range;
    case SYS_capget:
      return hook_call_capget;
    default:
      return hook_syscall;
  }
}

extern "C" long stand_in_syscall(long number, long a, long b, long c, long d, long e,
                                 long f) __asm__("syscall");
extern "C" __attribute__((visibility("default"))) long stand_in_syscall(long number, long a, long b,
                                                                        long c, long d, long e,
                                                                        long f) {
  return crawl::faults::run<long>(hook_of_call(number), {}, -1, [&] {
    return reinterpret_cast<long (*)(long, ...)>(hook_syscall.next)(number, a, b, c, d, e, f);
  });
}
