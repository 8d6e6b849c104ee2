// SPDX-License-Identifier: MIT
#pragma once

// A two-way message channel over two pipes: the control channel between a parent and its child.
// Frames are u32 little-endian length + one encoded message (ipc/messages.h), at most
// kFrameBytesMax. Non-blocking on both ends; what the pipe does not take is buffered, bounded by
// kBacklogBytesMax. End-of-file is the disconnect event. Single-threaded, driven by an EventLoop. A
// handler may destroy the channel, or the object that owns it; events already read are then
// dropped.
//
// SIGPIPE: a pipe has no MSG_NOSIGNAL, so create() sets SIGPIPE to be ignored where it had its
// default action; a write to a dead peer then fails with EPIPE (kClosed).

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/event_loop.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "ipc/messages.h"

namespace crawl {

inline constexpr size_t kFrameBytesMax = 1u << 20;
inline constexpr size_t kBacklogBytesMax = 8u << 20;

class Channel {
 public:
  // Takes both descriptors (made O_NONBLOCK and O_CLOEXEC here) and watches them. `loop` must
  // outlive the channel.
  static Result<std::unique_ptr<Channel>> create(EventLoop& loop, UniqueFd read_end,
                                                 UniqueFd write_end);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // One whole message (type byte and fields). The view is valid during the call only.
  void on_message(std::function<void(std::string_view)> handler);
  // Called once, by the loop, when the peer has closed its end, has died, or broke the framing
  // (`error` set), or disconnect() was called. All whole frames that the peer sent come first
  // (after a disconnect() of ours, none come any more).
  void on_disconnect(std::function<void(std::optional<Error>)> handler);

  template <typename Message>
  Result<void> send(const Message& message) {
    std::string bytes;
    encode_message(message, bytes);
    return send_bytes(bytes);
  }
  // kClosed: disconnected. kFull: the peer does not read (backlog at its bound). Neither blocks.
  // kInvalid: empty, or longer than kFrameBytesMax.
  Result<void> send_bytes(std::string_view message);

  bool connected() const;
  // Closes both ends after what is buffered has been offered once. on_disconnect is called.
  void disconnect();

  // Delivers what has arrived already, and the disconnect where it has come to that, without
  // waiting for the loop. For an owner that learns of the peer's death from elsewhere; never from
  // within a handler.
  void drain();

 private:
  struct State;
  explicit Channel(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  // shared with the handler call in progress only
};

}  // namespace crawl
