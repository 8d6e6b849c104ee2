// SPDX-License-Identifier: MIT
#include "fetcher/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/unique_fd.h"

namespace crawl {

namespace {

// The same numbers on every architecture; older headers lack them.
constexpr long kCreateRuleset = 444;
constexpr long kRestrictSelf = 446;
constexpr uint32_t kAskVersion = 1;

// struct landlock_ruleset_attr as of ABI 6. A kernel that knows less accepts what it does not know
// as long as it is zero.
struct RulesetAttributes {
  uint64_t files = 0;
  uint64_t network = 0;
  uint64_t scoped = 0;
};

constexpr uint64_t kBindTcp = 1;
constexpr uint64_t kConnectTcp = 2;
constexpr uint64_t kAllScopes = 3;  // abstract UNIX sockets, signals

// How many of the rights over files each ABI knows, by their bits from 0: 1 execute, write, read,
// list, remove and make of each kind; 2 move between folders; 3 truncate; 5 device ioctl.
constexpr std::array<unsigned, 6> kFileRights = {0, 13, 14, 15, 15, 16};

RulesetAttributes everything(int abi, bool no_connections) {
  const auto row = std::min(static_cast<size_t>(abi), kFileRights.size() - 1);
  RulesetAttributes all;
  all.files = (uint64_t{1} << kFileRights[row]) - 1;
  if (abi >= 4) all.network = kBindTcp | (no_connections ? kConnectTcp : 0);
  if (abi >= 6) all.scoped = kAllScopes;
  return all;
}

}  // namespace

Result<int> restrict_files(bool no_connections) {
  const auto abi = static_cast<int>(::syscall(kCreateRuleset, nullptr, size_t{0}, kAskVersion));
  if (abi < 1) return errno_error("not in this kernel");
  // A ruleset without a rule: what it handles is refused everywhere.
  const RulesetAttributes all = everything(abi, no_connections);
  const UniqueFd ruleset(static_cast<int>(::syscall(kCreateRuleset, &all, sizeof all, 0U)));
  if (!ruleset) return errno_error("landlock_create_ruleset");
  if (::syscall(kRestrictSelf, ruleset.fd(), 0U) != 0) return errno_error("landlock_restrict_self");
  return abi;
}

}  // namespace crawl
