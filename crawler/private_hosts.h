// SPDX-License-Identifier: MIT
#pragma once

// Which hosts of this crawl may have private addresses: exactly those that a seed names, when the
// name itself is private (web/host.h: is_private_host_name) or stands in this machine's hosts file.
// A public name that a seed mentions may not turn out to be private: its owner could point it
// anywhere.

#include <string>
#include <string_view>
#include <unordered_set>

#include "web/url.h"

namespace crawl {

class PrivateHosts {
 public:
  // `hosts_file`: the text of /etc/hosts ("" where there is none).
  explicit PrivateHosts(std::string_view hosts_file, bool allow_all);

  void add_seed(const Url& seed);
  bool allowed(std::string_view authority) const;

 private:
  bool allow_all_;
  std::unordered_set<std::string> local_names_;  // names in the hosts file
  std::unordered_set<std::string> authorities_;
};

// The text of /etc/hosts, at most 1 MiB; "" when it cannot be read.
std::string read_hosts_file();

}  // namespace crawl
