// SPDX-License-Identifier: MIT
#include "ipc/cpu_quota.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <limits>
#include <string_view>

#include "ipc/child_process.h"

namespace crawl {

namespace {

// "max 100000" or "150000 100000".
std::optional<int> read_cpu_max(const std::string& path) {
  std::ifstream file(path);
  int64_t quota = 0;
  int64_t period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  const int64_t cpus = quota / period + (quota % period != 0 ? 1 : 0);
  return static_cast<int>(std::min<int64_t>(cpus, std::numeric_limits<int>::max()));
}

int affinity_cpus() {
  // The kernel refuses a mask smaller than its own, so it is doubled until it is taken.
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
    cpu_set_t* set = CPU_ALLOC(cpus);
    if (set == nullptr) return 1;
    const size_t bytes = CPU_ALLOC_SIZE(cpus);
    const bool ok = ::sched_getaffinity(0, bytes, set) == 0;
    const int error = errno;
    const int count = ok ? CPU_COUNT_S(bytes, set) : 1;
    CPU_FREE(set);
    if (ok || error != EINVAL) return count;
  }
  return 1;
}

}  // namespace

std::optional<int> cgroup_cpu_quota(const std::string& proc_cgroup, const std::string& mount) {
  std::ifstream file(proc_cgroup);
  std::string line;
  constexpr std::string_view kVersion2 = "0::/";
  while (std::getline(file, line) && line.rfind(kVersion2, 0) != 0) line.clear();
  if (line.empty()) return std::nullopt;
  std::string group = line.substr(kVersion2.size() - 1);
  std::optional<int> least;
  while (true) {
    const auto cpus = read_cpu_max(mount + group + "/cpu.max");
    if (cpus) least = std::min(*cpus, least.value_or(*cpus));
    const size_t slash = group.rfind('/');
    if (slash == std::string::npos) return least;
    group.resize(slash);
  }
}

int available_cpus() {
  const int cpus = affinity_cpus();
  const auto quota = cgroup_cpu_quota("/proc/self/cgroup", "/sys/fs/cgroup");
  return std::max(1, quota ? std::min(cpus, *quota) : cpus);
}

}  // namespace crawl
