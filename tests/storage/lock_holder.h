// SPDX-License-Identifier: MIT
#pragma once

// Another process that holds a database.

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "storage/lock.h"
#include "tests/support/catch.h"

namespace crawl::test {

// A child that holds the lock until it is killed or told to let go.
class LockHolder {
 public:
  explicit LockHolder(const std::string& database) {
    REQUIRE(::pipe2(ready_, O_CLOEXEC) == 0);
    REQUIRE(::pipe2(release_, O_CLOEXEC) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) hold(database);
    ::close(ready_[1]);
    ::close(release_[0]);
    char answer = 0;
    REQUIRE(::read(ready_[0], &answer, 1) == 1);
    got_it_ = answer == 'y';
  }
  ~LockHolder() {
    end();
    ::close(ready_[0]);
  }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;

  pid_t pid() const { return pid_; }
  bool got_it() const { return got_it_; }
  void release() {
    ::close(release_[1]);
    release_[1] = -1;
  }
  void end(int signal = 0) {
    if (pid_ <= 0) return;
    if (signal != 0) ::kill(pid_, signal);
    if (release_[1] >= 0) ::close(release_[1]);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
  }

 private:
  [[noreturn]] void hold(const std::string& database) {
    ::close(release_[1]);
    char byte = 0;
    {
      const SystemClock clock;
      const Result<RunLock> lock = RunLock::acquire(database, 0, clock);
      const char answer = lock ? 'y' : 'n';
      if (::write(ready_[1], &answer, 1) != 1) ::_exit(1);
      while (::read(release_[0], &byte, 1) > 0) {
      }
    }
    ::_exit(0);
  }

  int ready_[2];
  int release_[2];
  pid_t pid_ = -1;
  bool got_it_ = false;
};

}  // namespace crawl::test
