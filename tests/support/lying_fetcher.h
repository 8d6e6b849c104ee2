// SPDX-License-Identifier: MIT
#pragma once

// A test double of crawl-fetcher that touches no network: it invents the pages it is asked for, and
// lies about some of them. A job for http://KIND.lie.example/ is answered by the lie of that name
// (lies.cc), once in a run and not as the first of its answers, or each time with "always", every
// other time with "often" in
// --test-hook; every other job truthfully.
// A copy of the program that is called NAME lies by that name at its birth (birth_lies.cc), in all
// instances but the first; called all_NAME, in that as well.

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/unique_fd.h"
#include "ipc/child_process.h"
#include "ipc/messages.h"
#include "ipc/shared_queue.h"
#include "tests/ipc/raw_segment.h"

namespace crawl::test {

class LyingFetcher {
 public:
  explicit LyingFetcher(std::string program);
  int run();  // the exit code

  // --- what lies are made of
  std::mt19937_64& random() { return random_; }
  uint32_t generation() const { return generation_; }
  bool brokered() const { return brokered_; }
  RawSegment& memory() { return *memory_; }
  RingWriter& results() { return queue_->results_writer(); }
  SharedQueue& queue() { return *queue_; }

  // Bytes as they are; ends the process when nobody reads any more.
  void send_bytes(std::string_view bytes);
  void send_frame(std::string_view message);
  template <typename Message>
  void send(const Message& message) {
    std::string bytes;
    encode_message(message, bytes);
    send_frame(bytes);
  }
  // A message into the results ring, whole, and the wake where it is wanted.
  void publish(std::string_view message);
  template <typename Message>
  void publish(const Message& message) {
    std::string bytes;
    encode_message(message, bytes);
    publish(std::string_view(bytes));
  }
  // Publishes the record's words as they are: no length is checked, nothing copied but `bytes`.
  void publish_raw(uint32_t length_word, std::string_view bytes, uint64_t advance);

  bool has_room(size_t bytes);  // the results ring
  void wait_until_read();       // all results

  void answer(const FetchJob& job);  // truthfully
  // The truth, to be changed; its views live until the next call.
  PageResult page(const FetchJob& job);
  RobotsResult robots(const FetchJob& job);

  void serve();                               // jobs, until the coordinator hangs up
  void nap();                                 // a moment, with a heartbeat unless it is frozen
  [[noreturn]] void nap_for_ever();           // with heartbeats: somebody else puts an end to it
  [[noreturn]] void live_on_without(int fd);  // nor any look at the pipes
  void freeze() { frozen_ = true; }           // no heartbeat from now on
  // Calls `task` from another thread again and again.
  void keep_doing(const std::function<void()>& task);

 private:
  bool take_jobs();
  void read_pipe();
  void on_frame(std::string_view frame);
  void greet();
  bool lies_about(const FetchJob& job, std::string& kind);

  const std::string program_;  // path of the executable
  UniqueFd memory_fd_;
  std::unique_ptr<SharedQueue> queue_;
  std::unique_ptr<RawSegment> memory_;
  std::mt19937_64 random_;
  std::string inbox_;
  uint32_t generation_ = 0;
  bool configured_ = false;
  bool brokered_ = false;
  bool always_ = false;
  bool often_ = false;
  bool frozen_ = false;
  uint64_t head_ = 0;  // of the results ring
  int answered_ = 0;   // truthfully
  std::string birth_lie_;
  std::string url_, title_, address_, text_, first_link_;
  std::string job_bytes_;
};

uint64_t hash(std::string_view bytes);  // as content_hash and text_hash are

using LieTable = std::unordered_map<std::string_view, void (*)(LyingFetcher&, const FetchJob&)>;
const LieTable& result_lies();

// False: there is no lie of this name, and nothing has happened.
bool tell_lie(LyingFetcher& fetcher, std::string_view kind, const FetchJob& job);
// Before Hello (`configured` false), and again in place of Ready. False: go on truthfully.
bool lie_at_birth(LyingFetcher& fetcher, std::string_view kind, bool configured);

}  // namespace crawl::test
