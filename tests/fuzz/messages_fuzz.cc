// SPDX-License-Identifier: MIT
// The decoder on bytes of a hostile fetcher: never a crash, and whatever it accepts encodes to the
// same bytes again.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "ipc/messages.h"

namespace {

template <typename Message>
void decode_and_compare(std::string_view bytes) {
  const auto message = crawl::decode_message<Message>(bytes);
  if (!message) return;
  std::string again;
  crawl::encode_message(*message, again);
  CRAWL_CHECK(again == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  decode_and_compare<crawl::Hello>(bytes);
  decode_and_compare<crawl::Configure>(bytes);
  decode_and_compare<crawl::Ready>(bytes);
  decode_and_compare<crawl::Wake>(bytes);
  decode_and_compare<crawl::Log>(bytes);
  decode_and_compare<crawl::Listener>(bytes);
  decode_and_compare<crawl::ListenerTaken>(bytes);
  decode_and_compare<crawl::FetchJob>(bytes);
  decode_and_compare<crawl::ParseJob>(bytes);
  decode_and_compare<crawl::PageResult>(bytes);
  decode_and_compare<crawl::RobotsResult>(bytes);
  return 0;
}
