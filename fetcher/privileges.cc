// SPDX-License-Identifier: MIT
#include "fetcher/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace crawl {

namespace {

constexpr id_t kNobody = 65534;  // the kernel's own "overflow" user: owns no file by convention

using CapabilityData = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

bool capability_call(long call, CapabilityData& data) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return ::syscall(call, &header, data.data()) == 0;
}

bool has_capability(unsigned capability) {
  CapabilityData data{};
  return capability_call(SYS_capget, data) &&
         (data[capability / 32].effective >> (capability % 32) & 1U) != 0;
}

}  // namespace

bool is_root() {
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  ::getresuid(&real, &effective, &saved);
  return real == 0 || effective == 0 || saved == 0;
}

Result<void> give_up_root() {
  // The parent has what we have: without it, its signals, and the kernel's at its death, would not
  // reach another user's process.
  if (!has_capability(CAP_KILL)) return errno_error(EPERM, "no CAP_KILL");
  const pid_t parent = ::getppid();
  if (::setgroups(0, nullptr) != 0) return errno_error("setgroups");
  if (::setresgid(kNobody, kNobody, kNobody) != 0) return errno_error("setresgid");
  if (::setresuid(kNobody, kNobody, kNobody) != 0) return errno_error("setresuid");
  // The kernel forgets this with a change of user.
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno_error("prctl");
  if (::getppid() != parent) ::_exit(127);  // the parent died before the line above
  return {};
}

void drop_bounding_set() {
  for (unsigned capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    (void)::prctl(PR_CAPBSET_DROP, capability);
  }
}

Result<void> drop_capabilities() {
  (void)::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0UL, 0UL, 0UL);
  CapabilityData none{};
  if (!capability_call(SYS_capset, none)) return errno_error("capset");
  return {};
}

}  // namespace crawl
