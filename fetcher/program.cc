// SPDX-License-Identifier: MIT
#include "fetcher/program.h"

#include <ares.h>
#include <curl/curl.h>
#include <malloc.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/event_loop.h"
#include "fetcher/library_versions.h"
#include "fetcher/sandbox.h"
#include "fetcher/worker.h"
#include "ipc/child_process.h"

namespace crawl {

namespace {

constexpr int kExitUsage = 64;  // EX_USAGE

// Process-wide initialisation of the libraries, undone at the end.
class Libraries {
 public:
  static Result<std::unique_ptr<Libraries>> load() {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      return Error{Errc::kIo, 0, "curl_global_init failed"};
    }
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
      curl_global_cleanup();
      return Error{Errc::kIo, 0, "ares_library_init failed"};
    }
    return std::unique_ptr<Libraries>(new Libraries());
  }
  ~Libraries() {
    ares_library_cleanup();
    curl_global_cleanup();
  }
  Libraries(const Libraries&) = delete;
  Libraries& operator=(const Libraries&) = delete;

 private:
  Libraries() = default;
};

// What is large goes back to the system when it is freed, and leaves no holes: how much memory a
// fetcher takes is promised.
void give_memory_back() {
  constexpr int kLarge = 200 * 1024;
  mallopt(M_MMAP_THRESHOLD, kLarge);
  mallopt(M_TRIM_THRESHOLD, 16 * kLarge);
}

// A terminal sends its signals to the whole process group, and a service manager to every process
// of the service. The coordinator is the one to decide; a fetcher ends when the coordinator hangs
// up.
void ignore_signals() {
  for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
}

int fail(const Error& error) {
  std::fprintf(stderr, "crawl-fetcher: %s\n", error.message().c_str());
  return Worker::kExitFailed;
}

int serve() {
  ignore_signals();
  give_memory_back();
  const SystemClock clock;
  auto loop = EventLoop::create(clock);
  if (!loop) return fail(loop.error());
  auto channel = open_parent_channel(**loop);
  if (!channel) {
    std::fputs("crawl-fetcher is started by crawl; it does nothing when run by hand.\n", stderr);
    return kExitUsage;
  }
  auto queue = SharedQueue::open(UniqueFd(kChildFirstExtraFd));
  if (!queue) return fail(queue.error());
  auto libraries = Libraries::load();
  if (!libraries) return fail(libraries.error());
  Worker worker(**loop, std::move(*channel), std::move(*queue), {enter_sandbox});
  return worker.run();
}

// A fact per line, for `crawl --version`.
void print_version() {
  std::printf("crawl-fetcher %s (protocol %u)\n%s", CRAWL_VERSION, kProtocolVersion,
              library_versions().c_str());
}

}  // namespace

int run_fetcher(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--version") {
    print_version();
    return 0;
  }
  return serve();
}

}  // namespace crawl
