// SPDX-License-Identifier: MIT
// The other side of the child process tests: ipc_test_child ROLE [ARGUMENT…]
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "ipc/child_process.h"

extern char** environ;

namespace crawl {
namespace {

struct Child {
  Child()
      : loop(std::move(*EventLoop::create(clock))),
        channel(std::move(*open_parent_channel(*loop))) {
    channel->on_disconnect([this](const std::optional<Error>&) { loop->stop(); });
  }
  void say(const std::string& text) const {
    if (!channel->send(Log{text})) ::_exit(90);
  }
  // Until the parent disconnects.
  int run() const { return loop->run() ? 0 : 91; }

  SystemClock clock;
  std::unique_ptr<EventLoop> loop;
  std::unique_ptr<Channel> channel;
};

std::string text_of(std::string_view message) {
  const auto log = decode_message<Log>(message);
  return log ? std::string(log->text) : "not a Log";
}

std::string open_descriptors() {
  std::set<int> found;
  DIR* dir = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_name[0] != '.' && std::atoi(entry->d_name) != ::dirfd(dir))
      found.insert(std::atoi(entry->d_name));
  }
  ::closedir(dir);
  std::string text;
  for (const int fd : found) text += std::to_string(fd) + " ";
  return text;
}

// The lines SigBlk, SigIgn and SigCgt of this process, as it was started.
std::string signal_state() {
  std::ifstream status("/proc/self/status");
  std::string text;
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("SigBlk", 0) == 0 || line.rfind("SigIgn", 0) == 0)
      text += line.substr(line.find_first_not_of("\t ", 7)) + " ";
  }
  return text;
}

int echo(const Child& child) {
  child.channel->on_message([&](std::string_view message) { child.say(text_of(message)); });
  return child.run();
}

int work(const Child& child) {
  child.channel->on_message([&](std::string_view message) {
    const std::string task = text_of(message);
    if (task == "crash") ::raise(SIGSEGV);
    if (task == "exit 3") ::_exit(3);
    child.say("done: " + task);
  });
  return child.run();
}

int burst(const Child& child, int count, bool killed) {
  for (int i = 0; i < count; ++i) child.say(std::to_string(i));
  if (killed) ::kill(::getpid(), SIGKILL);
  return 7;
}

// A parent of its own: starts a child of the same program, tells its pid, and stays.
int middle(const Child& child) {
  const UniqueFd program(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
  ChildProcess::Options options;
  options.executable_fd = program.fd();
  options.argv = {"grandchild", "stay"};
  const auto grandchild = ChildProcess::spawn(*child.loop, options);
  child.say(grandchild ? std::to_string((*grandchild)->pid()) : grandchild.error().message());
  return child.run();
}

int stay() {
  while (true) ::pause();
}

int garbage() {
  const std::array<char, 4> bytes{'\xff', '\xff', '\xff', '\xff'};
  if (::write(kChildControlWriteFd, bytes.data(), bytes.size()) != 4) return 92;
  return stay();
}

int hang_up() {
  ::close(kChildControlReadFd);
  ::close(kChildControlWriteFd);
  return stay();
}

int read_extras() {
  std::string text;
  for (int fd = kChildFirstExtraFd; fd < kChildFirstExtraFd + 2; ++fd) {
    std::array<char, 64> bytes{};
    const ssize_t n = ::pread(fd, bytes.data(), bytes.size(), 0);
    text += std::string(bytes.data(), static_cast<size_t>(std::max<ssize_t>(n, 0))) + ";";
  }
  Child child;
  child.say(text);
  return child.run();
}

int say_and_wait(const std::string& text) {
  const Child child;
  child.say(text);
  return child.run();
}

std::string standard_files() {
  std::string text;
  for (int fd = 0; fd < 3; ++fd) {
    std::array<char, 256> path{};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t n = ::readlink(link.c_str(), path.data(), path.size());
    text += std::string(path.data(), static_cast<size_t>(std::max<ssize_t>(n, 0))) + " ";
  }
  return text;
}

int run(const std::string& role, const std::string& argument) {
  if (role == "stay") return stay();
  if (role == "garbage") return garbage();
  if (role == "hang-up") return hang_up();
  if (role == "exit") return std::atoi(argument.c_str());
  if (role == "raise") return ::raise(std::atoi(argument.c_str()));
  if (role == "extras") return read_extras();
  if (role == "fds") return say_and_wait(open_descriptors());
  if (role == "signals") return say_and_wait(signal_state());
  if (role == "files") return say_and_wait(standard_files());
  if (role == "session") return say_and_wait(::getsid(0) == ::getpid() ? "own" : "shared");
  if (role == "memory") return say_and_wait(std::to_string(::getpid()));
  if (role == "env") {
    std::string text;
    for (char** each = environ; *each != nullptr; ++each) text += std::string(*each) + ";";
    return say_and_wait(text);
  }
  const Child child;
  if (role == "echo") return echo(child);
  if (role == "work") return work(child);
  if (role == "burst") return burst(child, std::atoi(argument.c_str()), false);
  if (role == "burst-killed") return burst(child, std::atoi(argument.c_str()), true);
  if (role == "middle") return middle(child);
  if (role == "say-and-disconnect") {
    child.say("bye");
    child.channel->disconnect();
    return stay();
  }
  return 93;
}

}  // namespace
}  // namespace crawl

int main(int argc, char** argv) {
  // A sanitizer's runtime catches these for its report; the tests want the plain death.
  for (const int fatal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL}) ::signal(fatal, SIG_DFL);
  return crawl::run(argc > 1 ? argv[1] : "", argc > 2 ? argv[2] : "");
}
