// SPDX-License-Identifier: MIT
#pragma once

// The CPU bandwidth limit of a cgroup v2 (kernel documentation, cgroup-v2.rst, "cpu.max"), apart
// from available_cpus() so that it can be tested on made-up trees.

#include <optional>
#include <string>

namespace crawl {

// The least quota / period, rounded up, of the group named in `proc_cgroup` (the format of
// /proc/self/cgroup) and of all its ancestors below `mount` (/sys/fs/cgroup). nullopt: no limit.
std::optional<int> cgroup_cpu_quota(const std::string& proc_cgroup, const std::string& mount);

}  // namespace crawl
