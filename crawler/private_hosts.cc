// SPDX-License-Identifier: MIT
#include "crawler/private_hosts.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "web/host.h"

namespace crawl {

namespace {

constexpr size_t kHostsFileBytesMax = 1u << 20;

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

}  // namespace

PrivateHosts::PrivateHosts(std::string_view hosts_file, bool allow_all) : allow_all_(allow_all) {
  std::istringstream lines{std::string(hosts_file)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    words >> word;  // the address
    while (words >> word) local_names_.insert(lower(word));
  }
}

void PrivateHosts::add_seed(const Url& seed) {
  const std::string_view host = seed.host();
  if (is_private_host_name(host) || local_names_.count(std::string(host)) > 0) {
    authorities_.insert(seed.authority());
  }
}

bool PrivateHosts::allowed(std::string_view authority) const {
  return allow_all_ || authorities_.count(std::string(authority)) > 0;
}

std::string read_hosts_file() {
  std::ifstream file("/etc/hosts", std::ios::binary);
  std::string text(kHostsFileBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

}  // namespace crawl
