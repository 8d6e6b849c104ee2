// SPDX-License-Identifier: MIT
// The control pipe of a hostile peer: any bytes, in pieces of any size, cut off anywhere. What
// comes out are the frames that are in it, in order, up to the first that is impossible.

#include <fcntl.h>
#include <fuzzer/FuzzedDataProvider.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "ipc/channel.h"

namespace {

using namespace crawl;

struct Expected {
  std::vector<std::string> frames;
  bool sound = true;
};

Expected frames_in(std::string_view bytes) {
  Expected expected;
  while (bytes.size() >= 4) {
    size_t size = 0;
    for (size_t i = 4; i-- > 0;) size = size << 8 | static_cast<unsigned char>(bytes[i]);
    expected.sound = size != 0 && size <= kFrameBytesMax;
    if (!expected.sound || bytes.size() - 4 < size) break;
    expected.frames.emplace_back(bytes.substr(4, size));
    bytes.remove_prefix(4 + size);
  }
  return expected;
}

// Mostly frames; their lengths lie now and then.
std::string stream(FuzzedDataProvider& chance) {
  std::string bytes;
  while (chance.remaining_bytes() > 0 && bytes.size() < 60'000) {
    const std::string payload = chance.ConsumeRandomLengthString(300);
    uint32_t size = static_cast<uint32_t>(payload.size());
    if (chance.ConsumeIntegral<uint8_t>() < 8) size = chance.ConsumeIntegral<uint32_t>();
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(size >> (8 * i));
    bytes += payload;
  }
  return bytes;
}

UniqueFd pipe_to(UniqueFd& write_end) {
  std::array<int, 2> ends{};
  CRAWL_CHECK(::pipe2(ends.data(), O_CLOEXEC) == 0);
  write_end.reset(ends[1]);
  return UniqueFd(ends[0]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static SystemClock clock;
  static const auto loop = std::move(*EventLoop::create(clock));
  FuzzedDataProvider chance(data, size);
  const size_t piece = chance.ConsumeIntegralInRange<size_t>(1, 5000);
  const std::string bytes = stream(chance);
  const Expected expected = frames_in(bytes);

  UniqueFd to_channel;
  UniqueFd from_channel_end;
  UniqueFd read_end = pipe_to(to_channel);
  const UniqueFd from_channel = pipe_to(from_channel_end);
  auto channel = Channel::create(*loop, std::move(read_end), std::move(from_channel_end));
  CRAWL_CHECK(channel.has_value());
  std::vector<std::string> got;
  bool ended = false;
  bool broken = false;
  (*channel)->on_message([&](std::string_view frame) { got.emplace_back(frame); });
  (*channel)->on_disconnect([&](std::optional<Error> error) {
    CRAWL_CHECK(!ended);
    ended = true;
    broken = error.has_value();
  });
  for (size_t at = 0; at < bytes.size() && !ended; at += piece) {
    const std::string_view part = std::string_view(bytes).substr(at, piece);
    CRAWL_CHECK(::write(to_channel.fd(), part.data(), part.size()) ==
                static_cast<ssize_t>(part.size()));
    if (bytes.size() - at < 20 * piece) CRAWL_CHECK(loop->run_once(0).has_value());
  }
  to_channel.reset();
  while (!ended) CRAWL_CHECK(loop->run_once(1000).has_value());
  CRAWL_CHECK(got == expected.frames);
  CRAWL_CHECK(broken == !expected.sound);
  return 0;
}
