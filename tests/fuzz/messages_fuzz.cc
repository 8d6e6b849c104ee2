// SPDX-License-Identifier: MIT
// The decoder. On bytes of a hostile peer: never a crash, and whatever it accepts encodes to the
// same bytes again. On messages whose fields are anything: it accepts exactly those that keep to
// the fields' limits, and no beginning of one.

#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <type_traits>

#include "base/check.h"
#include "ipc/messages.h"

namespace {

using namespace crawl;

template <typename Message>
void decode_and_compare(std::string_view bytes) {
  const auto message = decode_message<Message>(bytes);
  if (!message) return;
  std::string again;
  encode_message(*message, again);
  CRAWL_CHECK(again == bytes);
}

// A third visitor of `fields` beside Encoder and Decoder: gives each field a value, seldom one that
// it may not have.
class Filler {
 public:
  explicit Filler(FuzzedDataProvider& chance) : chance_(chance) {}

  template <typename T>
  void number(T& value) {
    static constexpr T kOften[] = {0, 1, 50, 100, std::numeric_limits<T>::max()};
    value = chance_.ConsumeBool() ? chance_.PickValueInArray(kOften) : chance_.ConsumeIntegral<T>();
  }
  void flag(bool& value) { value = chance_.ConsumeBool(); }
  template <typename E>
  void choice(E& value) {
    using Number = std::underlying_type_t<E>;
    const auto last = static_cast<Number>(E::kLast);
    const bool beyond = seldom();
    value = static_cast<E>(beyond ? last + 1 : chance_.ConsumeIntegralInRange<Number>(0, last));
    if (beyond) sound_ = false;
  }
  void text(std::string_view& value, size_t bytes_max) {
    std::string& text = texts_.emplace_back(chance_.ConsumeRandomLengthString(40));
    if (bytes_max <= kMetadataBytesMax && seldom()) {
      const bool beyond = chance_.ConsumeBool();
      text.resize(bytes_max + (beyond ? 1 : 0), 'x');
      if (beyond) sound_ = false;
    }
    value = text;
  }
  template <typename T>
  void list(std::vector<T>& values, size_t count_max) {
    size_t count = chance_.ConsumeIntegralInRange<size_t>(0, 4);
    if (count_max <= 1000 && seldom())
      count = count_max + chance_.ConsumeIntegralInRange<size_t>(0, 1);
    if (count > count_max) sound_ = false;
    values.resize(count);
    for (T& value : values) T::fields(value, *this);
  }
  template <typename T>
  void object(T& value) {
    T::fields(value, *this);
  }
  void require(bool meaningful) {
    if (!meaningful) sound_ = false;
  }

  bool sound() const { return sound_; }
  bool seldom() { return chance_.ConsumeIntegral<uint8_t>() >= 0xF8; }

 private:
  FuzzedDataProvider& chance_;
  std::deque<std::string> texts_;  // what the views point into
  bool sound_ = true;
};

template <typename Message>
void fill_and_send(FuzzedDataProvider& chance) {
  Filler filler(chance);
  Message message;
  Message::fields(message, filler);
  std::string bytes;
  encode_message(message, bytes);
  const size_t cut = chance.ConsumeIntegralInRange<size_t>(0, bytes.size() - 1);
  CRAWL_CHECK(decode_message<Message>(bytes).has_value() == filler.sound());
  decode_and_compare<Message>(bytes);
  CRAWL_CHECK(!decode_message<Message>(std::string_view(bytes).substr(0, cut)));
  CRAWL_CHECK(!decode_message<Message>(bytes + '\0'));
  // A byte wrong on its way.
  bytes[cut] = static_cast<char>(chance.ConsumeIntegral<uint8_t>());
  decode_and_compare<Message>(bytes);
}

template <typename... Messages>
struct All {
  static void decode(std::string_view bytes) { (decode_and_compare<Messages>(bytes), ...); }
  static void fill(FuzzedDataProvider& chance) {
    const size_t chosen = chance.ConsumeIntegralInRange<size_t>(0, sizeof...(Messages) - 1);
    size_t at = 0;
    ((at++ == chosen ? fill_and_send<Messages>(chance) : void()), ...);
  }
};

using Every = All<Hello, Configure, Ready, Wake, Log, Listener, ListenerTaken, FetchJob, ParseJob,
                  PageResult, RobotsResult>;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Every::decode({reinterpret_cast<const char*>(data), size});
  FuzzedDataProvider chance(data, size);
  Every::fill(chance);
  return 0;
}
