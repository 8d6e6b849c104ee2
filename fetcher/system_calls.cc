// SPDX-License-Identifier: MIT
#include "fetcher/system_calls.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

namespace crawl {

namespace {

// Two filters, of whose answers the kernel takes the stricter. One knows numbers only and kills;
// the other knows arguments and refuses. So each is a plain list of what it lets through.

// Whatever the arguments.
constexpr int kFree[] = {
    // what is open
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(close),
    SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(recvfrom), SCMP_SYS(recv), SCMP_SYS(send),
    SCMP_SYS(recvmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    // waiting
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(futex), SCMP_SYS(sched_yield),
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(restart_syscall),
    // memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // time; timers only that exist already
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(timer_settime), SCMP_SYS(timer_gettime), SCMP_SYS(timer_delete),
    // itself
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrandom), SCMP_SYS(getrusage),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

// Always refused, gently: what libraries try, and can do without. (The address that sendmsg sends
// to is where no filter can see it.)
constexpr int kRefused[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),     SCMP_SYS(openat2),  SCMP_SYS(stat),
    SCMP_SYS(lstat),     SCMP_SYS(newfstatat), SCMP_SYS(statx),    SCMP_SYS(access),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),    SCMP_SYS(ioctl),      SCMP_SYS(prctl),    SCMP_SYS(prlimit64),
    SCMP_SYS(getrlimit), SCMP_SYS(sendmsg),    SCMP_SYS(sendmmsg)};

// Let through with these arguments, refused with others. Integers are compared by the 32 bits that
// the kernel takes.
constexpr uint64_t kInt = 0xFFFFFFFF;
constexpr uint64_t kTypeMask = 0xF;  // of a socket's type, without the flags

scmp_arg_cmp is(unsigned argument, uint64_t value, uint64_t mask = kInt) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

struct Rule {
  int call;
  std::vector<scmp_arg_cmp> arguments;
};

std::vector<Rule> rules() {
  std::vector<Rule> list = {
      {SCMP_SYS(mmap), {is(2, 0, PROT_EXEC)}},
      {SCMP_SYS(mmap2), {is(2, 0, PROT_EXEC)}},
      {SCMP_SYS(mprotect), {is(2, 0, PROT_EXEC)}},
      {SCMP_SYS(fcntl), {is(1, F_GETFD)}},
      {SCMP_SYS(fcntl), {is(1, F_SETFD)}},
      {SCMP_SYS(fcntl), {is(1, F_GETFL)}},
      // Never back to blocking: the broker must not wait in a connect() of ours.
      {SCMP_SYS(fcntl), {is(1, F_SETFL), is(2, O_NONBLOCK, O_NONBLOCK)}},
      // No address: only where the socket is connected to.
      {SCMP_SYS(sendto), {is(3, 0, MSG_FASTOPEN), is(4, 0, ~uint64_t{0})}},
      // abort(): a signal to itself.
      {SCMP_SYS(tgkill), {is(0, static_cast<uint64_t>(::getpid()))}},
  };
  for (const int family : {AF_INET, AF_INET6}) {
    const auto domain = static_cast<uint64_t>(family);
    for (const int protocol : {0, int{IPPROTO_TCP}}) {
      list.push_back(
          {SCMP_SYS(socket),
           {is(0, domain), is(1, SOCK_STREAM, kTypeMask), is(2, static_cast<uint64_t>(protocol))}});
    }
    for (const int protocol : {0, int{IPPROTO_UDP}}) {
      list.push_back(
          {SCMP_SYS(socket),
           {is(0, domain), is(1, SOCK_DGRAM, kTypeMask), is(2, static_cast<uint64_t>(protocol))}});
    }
  }
  for (const int option : {TCP_NODELAY, TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT}) {
    list.push_back(
        {SCMP_SYS(setsockopt), {is(1, IPPROTO_TCP), is(2, static_cast<uint64_t>(option))}});
  }
  for (const int option : {SO_KEEPALIVE, SO_SNDBUF, SO_RCVBUF}) {
    list.push_back(
        {SCMP_SYS(setsockopt), {is(1, SOL_SOCKET), is(2, static_cast<uint64_t>(option))}});
  }
  return list;
}

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

Result<void> check(int result, const char* what) {
  return result < 0 ? errno_error(-result, what) : Result<void>();
}

// Both filters fail alike where the kernel has none.
Result<Filter> make_filter(uint32_t otherwise) {
  Filter filter(seccomp_init(otherwise), &seccomp_release);
  if (filter == nullptr) return errno_error(ENOSYS, "seccomp_init");
  const auto set = [&](scmp_filter_attr attribute, uint32_t value) {
    return seccomp_attr_set(filter.get(), attribute, value);
  };
  // no_new_privs is set; another architecture's calls kill. A fetcher runs no code that comes from
  // the web, so it needs no defence against such code reading its memory by speculation, which
  // would cost all of it speed (kernels before 5.16).
  int failed = set(SCMP_FLTATR_CTL_NNP, 0);
  if (failed == 0) failed = set(SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  (void)set(SCMP_FLTATR_CTL_SSB, 1);
  (void)set(SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (failed != 0) return errno_error(-failed, "seccomp_attr_set");
  return filter;
}

Result<void> add(const Filter& filter, uint32_t action, int call,
                 const std::vector<scmp_arg_cmp>& arguments = {}) {
  return check(seccomp_rule_add_array(filter.get(), action, call,
                                      static_cast<unsigned>(arguments.size()), arguments.data()),
               "seccomp_rule_add");
}

Result<Filter> argument_filter(bool brokered) {
  auto filter = make_filter(SCMP_ACT_ERRNO(EACCES));
  if (!filter) return filter;
  for (const int call : kFree) {
    if (auto added = add(*filter, SCMP_ACT_ALLOW, call); !added) return added.error();
  }
  for (const Rule& rule : rules()) {
    auto added = add(*filter, SCMP_ACT_ALLOW, rule.call, rule.arguments);
    if (!added) return added.error();
  }
  const uint32_t connecting = brokered ? SCMP_ACT_NOTIFY : SCMP_ACT_ALLOW;
  if (auto added = add(*filter, connecting, SCMP_SYS(connect)); !added) return added.error();
  // For the other filter, which ends this.
  auto added = add(*filter, SCMP_ACT_ALLOW, SCMP_SYS(seccomp));
  if (!added) return added.error();
  return filter;
}

Result<Filter> number_filter() {
  auto filter = make_filter(SCMP_ACT_KILL_PROCESS);
  if (!filter) return filter;
  std::vector<int> calls(std::begin(kFree), std::end(kFree));
  calls.insert(calls.end(), std::begin(kRefused), std::end(kRefused));
  calls.push_back(SCMP_SYS(connect));
  int last = -1;
  for (const Rule& rule : rules()) {
    if (rule.call != last) calls.push_back(rule.call);
    last = rule.call;
  }
  for (const int call : calls) {
    if (auto added = add(*filter, SCMP_ACT_ALLOW, call); !added) return added.error();
  }
  return filter;
}

}  // namespace

Result<UniqueFd> filter_system_calls(bool brokered) {
  auto arguments = argument_filter(brokered);
  if (!arguments) return arguments.error();
  auto numbers = number_filter();
  if (!numbers) return numbers.error();
  if (auto loaded = check(seccomp_load(arguments->get()), "seccomp_load"); !loaded) {
    return loaded.error();
  }
  UniqueFd listener;
  if (brokered) listener.reset(seccomp_notify_fd(arguments->get()));
  if (brokered && !listener) return errno_error(EINVAL, "seccomp_notify_fd");
  if (auto loaded = check(seccomp_load(numbers->get()), "seccomp_load"); !loaded) {
    return loaded.error();
  }
  return listener;
}

}  // namespace crawl
