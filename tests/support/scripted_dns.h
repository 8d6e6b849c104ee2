// SPDX-License-Identifier: MIT
#pragma once

// A name server on the loopback interface (UDP) that answers from a table.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace crawl {

class ScriptedDns {
 public:
  struct Answer {
    int rcode = 0;                  // 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN (RFC 1035 §4.1.1)
    std::vector<std::string> ipv4;  // answers to A; AAAA gets none
    uint32_t ttl_s = 300;
    bool silent = false;
  };
  using Table = std::function<Answer(const std::string& name)>;

  explicit ScriptedDns(Table table);
  ~ScriptedDns();
  ScriptedDns(const ScriptedDns&) = delete;
  ScriptedDns& operator=(const ScriptedDns&) = delete;

  std::string address() const;  // "127.0.0.1:PORT"
  int questions() const { return questions_; }

 private:
  void serve();
  std::string reply_to(const std::string& query);

  Table table_;
  UniqueFd socket_;
  uint16_t port_ = 0;
  std::atomic<int> questions_{0};
  std::thread thread_;
};

}  // namespace crawl
