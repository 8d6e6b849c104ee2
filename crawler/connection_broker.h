// SPDX-License-Identifier: MIT
#pragma once

// Decides and makes the connections of fetchers. A fetcher's connect() stops in the kernel
// (seccomp_unotify(2)); the broker copies the address out of the fetcher, asks the policy about the
// copy, connects the fetcher's socket to the copy, and answers with the errno. The fetcher's memory
// is read once, so it gains nothing by changing it, and a fetcher that is wholly in somebody else's
// hand still reaches what the policy allows and nothing else.
//
// A thread of its own answers, so that no connection waits for a turn of the event loop, nor the
// loop for a connection: of each fetcher one request per round, and each request in bounded time.
// A fetcher has one thread, so at most one request of it waits.

#include <sys/socket.h>
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "crawler/connection_policy.h"

namespace crawl {

class ConnectionBroker {
 public:
  // A fetcher that wanted to connect where its jobs do not lead.
  struct Refusal {
    size_t index = 0;
    std::string target;      // "127.0.0.1:22"; "" : it took a request out of the broker's hands
    bool insistent = false;  // not the first time, but the hundredth
  };

  // Why it cannot be done for this child, by trying: this kernel has no such notification, or this
  // user may not look into its children. kClosed: this one has died, which says nothing about the
  // machine. nullopt: it can.
  static std::optional<Error> obstacle(pid_t child);

  static Result<std::unique_ptr<ConnectionBroker>> start();
  ~ConnectionBroker();
  ConnectionBroker(const ConnectionBroker&) = delete;
  ConnectionBroker& operator=(const ConnectionBroker&) = delete;

  // All of these from one thread. `index`: the fetcher's.
  // Takes the descriptor that the child, not yet reaped, knows as `listener_fd`. The name servers
  // are those of this moment.
  Result<void> adopt(size_t index, pid_t child, int listener_fd);
  void drop(size_t index);  // unknown: nothing happens; so below
  void permit(size_t index, uint64_t lease, std::string_view url, bool allow_private,
              std::string_view proxy = {});
  void withdraw(size_t index, uint64_t lease);
  // Readable when there are refusals to take.
  int notify_fd() const { return told_.fd(); }
  // Since the last call; of each fetcher the first and the hundredth.
  std::vector<Refusal> take_refusals();
  // To be called every second or so: gets the thread going again where it waits for a request that
  // somebody else has taken. The kernel has no way to ask without waiting.
  void nudge();

 private:
  struct Client;
  struct Request;

  ConnectionBroker(UniqueFd epoll, UniqueFd stop, UniqueFd told);
  void serve();
  void answer(Client& client);
  void report(const Client& client, std::string target, bool insistent);
  // The errno of the connect(), 0 for success; nullopt: nobody waits for it any more.
  std::optional<int> decide(Client& client, const Request& request);
  int connect(Client& client, int fd, const sockaddr_storage& asked, size_t length);
  std::shared_ptr<Client> client_by_serial(uint64_t serial);

  const UniqueFd epoll_;
  const UniqueFd stop_;
  const UniqueFd told_;
  std::mutex mutex_;  // everything below, and each client's policy
  std::unordered_map<size_t, std::shared_ptr<Client>> clients_;  // by index
  uint64_t next_serial_ = 1;
  std::vector<Refusal> refusals_;
  std::atomic<uint64_t> asking_{0};  // odd while the thread asks the kernel for a request
  uint64_t asking_before_ = 0;       // at the last nudge()
  std::atomic<uint64_t> nudged_{0};  // asking_, when it was last found not to go on
  std::atomic<bool> ended_{false};   // the thread
  std::thread thread_;               // last: it uses all of the above
};

}  // namespace crawl
