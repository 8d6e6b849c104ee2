// SPDX-License-Identifier: MIT
#include "ipc/cpu_quota.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ipc/child_process.h"
#include "tests/support/catch.h"

namespace crawl {
namespace {

namespace fs = std::filesystem;

// A made-up /proc/self/cgroup and /sys/fs/cgroup.
struct Tree {
  Tree() {
    std::string pattern = (fs::temp_directory_path() / "crawl-cgroup-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root = pattern;
  }
  ~Tree() { fs::remove_all(root); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void limit(const std::string& group, const std::string& text) const {
    fs::create_directories(root + group);
    std::ofstream(root + group + "/cpu.max") << text << "\n";
  }
  std::optional<int> quota(const std::string& proc_cgroup) const {
    std::ofstream(root + "/proc_cgroup") << proc_cgroup;
    return cgroup_cpu_quota(root + "/proc_cgroup", root);
  }
  std::string root;
};

}  // namespace

TEST_CASE("cpus: a quota is rounded up", "[cpus]") {
  const Tree tree;
  tree.limit("/a", "150000 100000");
  CHECK(tree.quota("0::/a\n") == 2);
  tree.limit("/a", "200000 100000");
  CHECK(tree.quota("0::/a\n") == 2);
  tree.limit("/a", "1000 100000");
  CHECK(tree.quota("0::/a\n") == 1);
}

TEST_CASE("cpus: the strictest ancestor counts, the root of a container included", "[cpus]") {
  const Tree tree;
  tree.limit("/a/b", "800000 100000");
  tree.limit("/a", "300000 100000");
  CHECK(tree.quota("1:cpu:/x\n0::/a/b\n") == 3);
  tree.limit("", "100000 100000");
  CHECK(tree.quota("0::/a/b\n") == 1);
  CHECK(tree.quota("0::/\n") == 1);
}

TEST_CASE("cpus: no version 2 group, no limit or nonsense is no quota", "[cpus]") {
  const Tree tree;
  tree.limit("/a", "max 100000");
  CHECK_FALSE(tree.quota("0::/a\n"));
  CHECK_FALSE(tree.quota("4:cpu:/a\n"));
  CHECK_FALSE(tree.quota(""));
  tree.limit("/a", "-5 0");
  CHECK_FALSE(tree.quota("0::/a\n"));
  CHECK_FALSE(cgroup_cpu_quota("/nonexistent", "/nonexistent"));
}

TEST_CASE("cpus: available_cpus follows the affinity of this process", "[cpus]") {
  cpu_set_t all;
  REQUIRE(::sched_getaffinity(0, sizeof all, &all) == 0);
  CHECK(available_cpus() >= 1);
  CHECK(available_cpus() <= CPU_COUNT(&all));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_COUNT(&one) == 0 && CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
  }
  REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(available_cpus() == 1);
  REQUIRE(::sched_setaffinity(0, sizeof all, &all) == 0);
}

}  // namespace crawl
