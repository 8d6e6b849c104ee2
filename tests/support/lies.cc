// SPDX-License-Identifier: MIT
// Lies about a job, by name. What a lie leaves unanswered waits, with heartbeats, to be killed.

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <limits>

#include "tests/support/lying_encoder.h"
#include "tests/support/lying_fetcher.h"

namespace crawl::test {

namespace {

constexpr uint64_t kFar = std::numeric_limits<uint64_t>::max();
constexpr size_t kRingBytes = SharedQueue::Options().results_bytes;

std::string random_bytes(LyingFetcher& f, size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(f.random()() & 0xFF);
  return bytes;
}

// --- the pipe

const LieTable& pipe_lies() {
  static const LieTable table = {
      {"garbage",
       [](auto& f, auto&) {
         for (;;) f.send_bytes(random_bytes(f, 4096));
       }},
      {"frame_empty", [](auto& f, auto&) { f.send_bytes(std::string_view("\0\0\0\0", 4)); }},
      {"frame_huge", [](auto& f, auto&) { f.send_bytes("\xff\xff\xff\xff"); }},
      {"frame_too_long", [](auto& f, auto&) { f.send_bytes(std::string_view("\1\0\x10\0", 4)); }},
      {"frame_unfinished",
       [](auto& f, auto&) {
         f.send_bytes(std::string_view("\0\1\0\0half", 8));
         ::_exit(5);
       }},
      {"unknown_type", [](auto& f, auto&) { f.send_frame("\x63what"); }},
      {"wake_long", [](auto& f, auto&) { f.send_frame("\x04" + std::string(1u << 19, 'w')); }},
      {"log_cut", [](auto& f, auto&) { f.send_frame("\x05\x10"); }},
      {"log_long",
       [](auto& f, auto&) {
         const std::string text(kMetaBytesMax + 1, 'l');
         f.send(Log{text});
       }},
      {"downward", [](auto& f, auto&) { f.send(Configure()); }},
      {"job_upward", [](auto& f, auto& job) { f.send(job); }},
      {"result_on_pipe", [](auto& f, auto& job) { f.send(f.page(job)); }},
      {"hello_again", [](auto& f, auto&) { f.send(Hello()); }},
      {"ready_again", [](auto& f, auto&) { f.send(Ready()); }},
      {"listener_late", [](auto& f, auto&) { f.send(Listener{3}); }},
      {"mutated_control",
       [](auto& f, auto&) {
         for (;;) f.send_frame(mutated(Listener{7}, f.random()));
       }},
      {"wakes",
       [](auto& f, auto&) {
         for (;;) f.send(Wake());
       }},
      {"logs",
       [](auto& f, auto&) {
         for (;;) f.send(Log{"\x1b[2J flooded \xff"});
       }},
      // As many as are borne, and then the truth.
      {"chatter",
       [](auto& f, auto& job) {
         std::string frames;
         for (int i = 0; i < 450; ++i) frames.append("\1\0\0\0\x04", 5);
         f.send_bytes(frames);
         f.answer(job);
         f.wait_until_read();
       }},
      {"hang_up", [](auto& f, auto&) { f.live_on_without(kChildControlWriteFd); }},
      {"turn_away", [](auto& f, auto&) { f.live_on_without(kChildControlReadFd); }},
  };
  return table;
}

// --- the rings

const LieTable& ring_lies() {
  static const LieTable table = {
      {"head_back",
       [](auto& f, auto&) {
         f.memory().put(kResultsHeadAt, uint64_t{0});
         f.send(Wake{});
       }},
      {"head_beyond", [](auto& f, auto&) { f.publish_raw(16, "", kRingBytes + 8); }},
      {"head_odd", [](auto& f, auto&) { f.publish_raw(0, "", 4); }},
      {"head_far",
       [](auto& f, auto&) {
         f.memory().put(kResultsHeadAt, kFar);
         f.send(Wake{});
       }},
      {"head_storm",
       [](auto& f, auto&) {
         f.keep_doing([&f] { f.memory().put(kResultsHeadAt, 8 * (kFar & uint64_t(::rand()))); });
         f.send(Wake{});
       }},
      // Nobody looks at this one before the jobs ring is full.
      {"tail_storm",
       [](auto& f, auto& job) {
         f.keep_doing([&f] { f.memory().put(kJobsTailAt, uint64_t(::rand())); });
         f.answer(job);
       }},
      {"length_zero", [](auto& f, auto&) { f.publish_raw(0, "", 8); }},
      {"length_huge", [](auto& f, auto&) { f.publish_raw(0x7FFFFFFF, "", 16); }},
      {"length_past", [](auto& f, auto&) { f.publish_raw(64, "", 16); }},
      {"part_empty", [](auto& f, auto&) { f.publish_raw(1u << 31, "", 8); }},
      {"part_small", [](auto& f, auto&) { f.publish_raw(1u << 31 | 4, "part", 8); }},
      {"parts_endless",
       [](auto& f, auto&) {
         for (;;) {
           f.publish_raw(1u << 31 | (1u << 20), "", (1u << 20) + 8);
           while (!f.has_room(2u << 20)) f.nap();
         }
       }},
      // As long as a result may be, and long on its way.
      {"hoard",
       [](auto& f, auto&) {
         for (int mib = 0; mib < 140; ++mib) {
           while (!f.has_room(2u << 20)) f.nap();
           f.publish_raw(1u << 31 | (1u << 20), "", (1u << 20) + 8);
         }
         f.wait_until_read();
         for (int i = 0; i < 10; ++i) f.nap();
         f.publish_raw(0, "", 8);
       }},
      {"part_last",
       [](auto& f, auto&) {
         f.publish_raw(1u << 31 | (2u << 20), "", (2u << 20) + 8);
         ::usleep(20'000);
         ::_exit(6);
       }},
      {"record_half",
       [](auto& f, auto&) {
         f.publish_raw(4096, "half a record", 0);
         ::_exit(6);
       }},
      {"flags",
       [](auto& f, auto& job) {
         f.keep_doing([&f] {
           f.memory().put(kJobsSleepingAt, 1u);
           f.memory().put(kResultsWaitingAt, 1u);
         });
         f.answer(job);
       }},
      // The bytes and the length of what is published go on changing.
      {"rewrite",
       [](auto& f, auto& job) {
         const size_t data = kDataAt + SharedQueue::Options().jobs_bytes;
         f.keep_doing([&f, data] {
           const auto at = static_cast<size_t>(::rand()) % 600;
           f.memory().put(data + at, static_cast<char>(::rand()));
           if (at < 8) f.memory().put(data, static_cast<uint32_t>(::rand()));
         });
         for (int i = 0; i < 10'000; ++i) f.answer(job);
       }},
  };
  return table;
}

// --- life and death

const LieTable& other_lies() {
  static const LieTable table = {
      {"frozen", [](auto& f, auto&) { f.freeze(); }},
      {"stopped", [](auto&, auto&) { ::raise(SIGSTOP); }},
      {"silent", [](auto&, auto&) {}},
      {"pulse",
       [](auto& f, auto& job) {
         f.keep_doing([&f] { f.memory().put(kHeartbeatAt, uint64_t(::rand())); });
         f.answer(job);
       }},
      {"blame",
       [](auto& f, auto&) {
         f.memory().put(kBlameLeaseAt, kFar);
         f.memory().put(kBlamePhaseAt, 0xFFFFFFFFu);
         std::abort();
       }},
      {"kills_itself", [](auto&, auto&) { ::raise(SIGKILL); }},
      // Of several jobs, nobody knows which.
      {"nameless",
       [](auto& f, auto&) {
         f.queue().blame(0, Phase::kIdle);
         ::_exit(3);
       }},
      {"leaves", [](auto&, auto&) { ::_exit(0); }},
  };
  return table;
}

}  // namespace

bool tell_lie(LyingFetcher& fetcher, std::string_view kind, const FetchJob& job) {
  for (const LieTable* table : {&pipe_lies(), &ring_lies(), &result_lies(), &other_lies()}) {
    const auto found = table->find(kind);
    if (found == table->end()) continue;
    found->second(fetcher, job);
    return true;
  }
  return false;
}

}  // namespace crawl::test
