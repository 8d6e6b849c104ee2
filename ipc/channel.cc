// SPDX-License-Identifier: MIT
#include "ipc/channel.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace crawl {

namespace {

constexpr size_t kHeadBytes = 4;
constexpr size_t kReadChunk = 64 * 1024;
constexpr size_t kReadsPerEvent = 16;  // then other descriptors get their turn

Result<void> set_flags(int fd) {
  const int status = ::fcntl(fd, F_GETFL);
  if (status < 0 || ::fcntl(fd, F_SETFL, status | O_NONBLOCK) != 0)
    return errno_error("channel: O_NONBLOCK");
  const int flags = ::fcntl(fd, F_GETFD);
  if (flags < 0 || ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC) != 0)
    return errno_error("channel: FD_CLOEXEC");
  return {};
}

void ignore_sigpipe() {
  struct sigaction action {};
  if (::sigaction(SIGPIPE, nullptr, &action) != 0 || action.sa_handler != SIG_DFL) return;
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

std::array<char, kHeadBytes> frame_head(size_t size) {
  std::array<char, kHeadBytes> head{};
  for (size_t i = 0; i < kHeadBytes; ++i) head[i] = static_cast<char>((size >> (8 * i)) & 0xffU);
  return head;
}

size_t frame_size(std::string_view head) {
  size_t size = 0;
  for (size_t i = 0; i < kHeadBytes; ++i)
    size |= size_t{static_cast<unsigned char>(head[i])} << (8 * i);
  return size;
}

}  // namespace

// Handlers are held by shared_ptr, and so is the state during a call: a handler may replace itself,
// disconnect, or destroy the channel, and still return into live code.
struct Channel::State : std::enable_shared_from_this<Channel::State> {
  using MessageHandler = std::function<void(std::string_view)>;
  using DisconnectHandler = std::function<void(std::optional<Error>)>;

  State(EventLoop& l, UniqueFd r, UniqueFd w)
      : loop(l), read_end(std::move(r)), write_end(std::move(w)) {}
  ~State() { close(); }

  void close();
  void finish(std::optional<Error> error);
  void finish_later();
  void peer_gone();
  void readable(size_t reads);
  bool deliver();
  Result<void> send(std::string_view message);
  bool flush();

  EventLoop& loop;
  UniqueFd read_end;
  UniqueFd write_end;
  bool connected = true;    // until the peer is known to be gone, or disconnect()
  bool finished = false;    // on_disconnect was called, or the Channel destroyed: no more events
  bool delivering = false;  // inbox is being looked at by a handler
  bool write_watched = false;
  EventLoop::TimerId timer = 0;
  std::string inbox;   // at most one partial frame and a chunk
  std::string outbox;  // not taken by the pipe yet, from `flushed` on
  size_t flushed = 0;
  std::shared_ptr<MessageHandler> message_handler;
  std::shared_ptr<DisconnectHandler> disconnect_handler;
};

void Channel::State::close() {
  connected = false;
  if (timer != 0) loop.cancel(std::exchange(timer, 0));
  if (read_end) loop.unwatch(read_end.fd());
  if (write_end && write_watched) loop.unwatch(write_end.fd());
  write_watched = false;
  read_end.reset();
  write_end.reset();
}

void Channel::State::finish(std::optional<Error> error) {
  if (std::exchange(finished, true)) return;
  close();
  const auto handler = std::move(disconnect_handler);
  if (handler && *handler) (*handler)(std::move(error));
}

void Channel::State::finish_later() {
  if (timer != 0 || finished) return;
  timer = loop.run_after(0, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->timer = 0;
    // What the peer sent before it closed its end is still in the pipe.
    if (self->read_end) self->readable(kReadsPerEvent);
    self->finish(std::nullopt);
  });
}

// The pipe to the peer is broken. Its own messages come first, then the disconnect, both from the
// loop.
void Channel::State::peer_gone() {
  connected = false;
  if (write_watched) loop.unwatch(write_end.fd());
  write_watched = false;
  write_end.reset();
  finish_later();
}

void Channel::State::readable(size_t reads) {
  if (delivering || finished) return;
  for (size_t i = 0; i < reads && read_end; ++i) {
    std::array<char, kReadChunk> chunk;
    const ssize_t n = ::read(read_end.fd(), chunk.data(), chunk.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) return finish(errno_error("read from peer"));
    if (n == 0) return finish(std::nullopt);
    inbox.append(chunk.data(), static_cast<size_t>(n));
    if (!deliver()) return finish(Error{Errc::kCorrupt, 0, "peer broke the framing"});
  }
}

// Hands out the whole frames of the inbox; false when the next one is impossible.
bool Channel::State::deliver() {
  delivering = true;
  size_t at = 0;
  bool sound = true;
  while (read_end && inbox.size() - at >= kHeadBytes) {
    const size_t size = frame_size(std::string_view(inbox).substr(at, kHeadBytes));
    sound = size > 0 && size <= kFrameBytesMax;
    if (!sound || inbox.size() - at - kHeadBytes < size) break;
    const std::string_view frame = std::string_view(inbox).substr(at + kHeadBytes, size);
    at += kHeadBytes + size;
    const auto handler = message_handler;
    if (handler && *handler) (*handler)(frame);
  }
  inbox.erase(0, at);
  delivering = false;
  return sound;
}

Result<void> Channel::State::send(std::string_view message) {
  if (!connected) return Error{Errc::kClosed, 0, "send: disconnected"};
  if (message.empty() || message.size() > kFrameBytesMax) {
    return Error{Errc::kInvalid, 0, "send: impossible message size"};
  }
  auto head = frame_head(message.size());
  const size_t total = kHeadBytes + message.size();
  const size_t backlog = outbox.size() - flushed;
  size_t written = 0;
  if (backlog == 0) {
    const std::array<iovec, 2> parts{
        {{head.data(), head.size()}, {const_cast<char*>(message.data()), message.size()}}};
    const ssize_t n = ::writev(write_end.fd(), parts.data(), static_cast<int>(parts.size()));
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
      const Error error = errno_error("send");
      peer_gone();
      return error;
    }
    written = n > 0 ? static_cast<size_t>(n) : 0;
    if (written == total) return {};
  } else if (backlog + total > kBacklogBytesMax) {
    return Error{Errc::kFull, 0, "send: the peer does not read"};
  }
  if (written < kHeadBytes) outbox.append(head.data() + written, kHeadBytes - written);
  outbox.append(message.substr(written > kHeadBytes ? written - kHeadBytes : 0));
  if (write_watched) return {};
  auto watched = loop.watch(write_end.fd(), EPOLLOUT, [weak = weak_from_this()](uint32_t) {
    const auto self = weak.lock();
    if (self && self->write_end && !self->flush()) self->peer_gone();
  });
  write_watched = watched.has_value();
  if (!watched) peer_gone();  // a frame cut short can never be completed
  return watched;
}

// Offers the backlog once; false when the peer no longer reads at all.
bool Channel::State::flush() {
  if (flushed == outbox.size()) return true;
  const ssize_t n = ::write(write_end.fd(), outbox.data() + flushed, outbox.size() - flushed);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  flushed += static_cast<size_t>(n);
  if (flushed == outbox.size()) {
    outbox = std::string();
    flushed = 0;
    if (write_watched) loop.unwatch(write_end.fd());
    write_watched = false;
  } else if (flushed >= kBacklogBytesMax / 2) {
    outbox.erase(0, std::exchange(flushed, 0));
  }
  return true;
}

Result<std::unique_ptr<Channel>> Channel::create(EventLoop& loop, UniqueFd read_end,
                                                 UniqueFd write_end) {
  for (const int fd : {read_end.fd(), write_end.fd()}) {
    auto set = set_flags(fd);
    if (!set) return set.error();
  }
  ignore_sigpipe();
  auto state = std::make_shared<State>(loop, std::move(read_end), std::move(write_end));
  auto watched =
      loop.watch(state->read_end.fd(), EPOLLIN, [weak = std::weak_ptr<State>(state)](uint32_t) {
        if (const auto self = weak.lock()) self->readable(kReadsPerEvent);
      });
  if (!watched) return watched.error();
  return std::unique_ptr<Channel>(new Channel(std::move(state)));
}

Channel::Channel(std::shared_ptr<State> state) : state_(std::move(state)) {}

Channel::~Channel() {
  state_->finished = true;
  state_->close();
}

void Channel::on_message(std::function<void(std::string_view)> handler) {
  state_->message_handler = std::make_shared<State::MessageHandler>(std::move(handler));
}

void Channel::on_disconnect(std::function<void(std::optional<Error>)> handler) {
  state_->disconnect_handler = std::make_shared<State::DisconnectHandler>(std::move(handler));
}

Result<void> Channel::send_bytes(std::string_view message) { return state_->send(message); }

bool Channel::connected() const { return state_->connected; }

void Channel::disconnect() {
  if (!state_->connected) return;
  (void)state_->flush();
  state_->close();
  state_->finish_later();
}

void Channel::drain() {
  const auto state = state_;  // a handler may destroy this channel
  if (state->read_end) {
    // No further than what is there now: somebody who holds the pipe as well might never stop
    // writing.
    int waiting = 0;
    if (::ioctl(state->read_end.fd(), FIONREAD, &waiting) != 0) waiting = 0;
    state->readable(static_cast<size_t>(std::max(waiting, 0)) / kReadChunk + 2);
  }
  if (!state->connected) state->finish(std::nullopt);  // it was to come from the loop
}

}  // namespace crawl
