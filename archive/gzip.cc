// SPDX-License-Identifier: MIT
#include "archive/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/out_of_memory.h"

namespace crawl {

namespace {

constexpr int kGzipOnly = 15 + 16;  // windowBits: the largest window, a gzip header
constexpr size_t kBufferBytes = 64 * 1024;
constexpr std::string_view kMagic = "\x1F\x8B\x08";

Bytef* zlib_bytes(const char* bytes) {
  // zlib takes what it only reads as if it would write to it.
  return static_cast<Bytef*>(static_cast<void*>(const_cast<char*>(bytes)));
}

void deflate_into(z_stream& stream, std::string_view part, int flush, std::string& out) {
  stream.next_in = zlib_bytes(part.data());
  stream.avail_in = static_cast<uInt>(part.size());
  std::array<char, kBufferBytes> buffer;
  do {
    stream.next_out = zlib_bytes(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    deflate(&stream, flush);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  } while (stream.avail_out == 0);
}

}  // namespace

std::string gzip_member(std::initializer_list<std::string_view> parts) {
  constexpr size_t kPieceMax = size_t{1} << 30;  // zlib counts in 32 bits
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipOnly, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    out_of_memory();
  }
  std::string out;
  for (std::string_view part : parts) {
    for (; !part.empty(); part.remove_prefix(std::min(part.size(), kPieceMax))) {
      deflate_into(stream, part.substr(0, kPieceMax), Z_NO_FLUSH, out);
    }
  }
  deflate_into(stream, {}, Z_FINISH, out);
  deflateEnd(&stream);
  return out;
}

struct MemberReader::State {
  enum class Kind { kUnknown, kGzip, kPlain };

  ReadBytes read_file;
  Kind kind = Kind::kUnknown;
  z_stream stream{};
  bool inflating = false;
  bool member_ended = true;
  bool file_ended = false;
  uint64_t offset = 0;
  uint64_t consumed = 0;  // of the file, before buffer[begin]
  size_t begin = 0, end = 0;
  std::array<char, kBufferBytes> buffer;

  ~State() {
    if (inflating) inflateEnd(&stream);
  }
  std::string_view held() const { return {buffer.data() + begin, end - begin}; }
  void drop(size_t bytes) {
    begin += bytes;
    consumed += bytes;
  }
  // At least `wanted` bytes in the buffer, unless the file ends before.
  Result<void> hold(size_t wanted) {
    while (end - begin < wanted && !file_ended) {
      std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(begin),
                buffer.begin() + static_cast<std::ptrdiff_t>(end), buffer.begin());
      end -= begin;
      begin = 0;
      Result<size_t> got = read_file(buffer.data() + end, buffer.size() - end);
      if (!got) return got.error();
      if (*got == 0) file_ended = true;
      end += *got;
    }
    return {};
  }

  Result<bool> find_member() {
    for (;;) {
      if (Result<void> held_some = hold(kMagic.size()); !held_some) return held_some.error();
      if (held().size() < kMagic.size()) {
        drop(held().size());
        return false;
      }
      const size_t at = held().find(kMagic);
      if (at != std::string_view::npos) {
        drop(at);
        return true;
      }
      drop(held().size() - (kMagic.size() - 1));
    }
  }

  void begin_member() {
    const int rc = inflating ? inflateReset(&stream) : inflateInit2(&stream, kGzipOnly);
    if (rc != Z_OK) out_of_memory();
    inflating = true;
    member_ended = false;
    offset = consumed;
  }
};

MemberReader::MemberReader(ReadBytes read) : state_(std::make_unique<State>()) {
  state_->read_file = std::move(read);
}

MemberReader::~MemberReader() = default;

bool MemberReader::compressed() const { return state_->kind == State::Kind::kGzip; }
uint64_t MemberReader::offset() const { return state_->offset; }
uint64_t MemberReader::position() const { return state_->consumed; }

Result<bool> MemberReader::next() {
  State& state = *state_;
  if (state.kind == State::Kind::kUnknown) {
    if (Result<void> held = state.hold(kMagic.size()); !held) return held.error();
    const bool gzip = state.held().starts_with(kMagic);
    state.kind = gzip ? State::Kind::kGzip : State::Kind::kPlain;
    if (state.held().empty()) return false;
    state.member_ended = false;
    if (gzip) state.begin_member();
    return true;
  }
  if (state.kind == State::Kind::kPlain) return false;
  std::array<char, 4096> skipped;
  while (!state.member_ended) {
    const Result<size_t> got = read(skipped.data(), skipped.size());
    if (!got && got.error().code != Errc::kCorrupt) return got.error();
    if (!got || *got == 0) break;
  }
  Result<bool> found = state.find_member();
  if (found && *found) state.begin_member();
  return found;
}

Result<size_t> MemberReader::read(char* buffer, size_t size) {
  State& state = *state_;
  if (state.member_ended || size == 0) return size_t{0};
  if (state.kind == State::Kind::kPlain) {
    if (Result<void> held = state.hold(1); !held) return held.error();
    const size_t bytes = std::min(size, state.held().size());
    std::copy_n(state.held().begin(), bytes, buffer);
    state.drop(bytes);
    if (bytes == 0) state.member_ended = true;
    return bytes;
  }
  state.stream.next_out = zlib_bytes(buffer);
  state.stream.avail_out = static_cast<uInt>(std::min<size_t>(size, 1u << 30));
  const uInt room = state.stream.avail_out;
  for (;;) {
    if (Result<void> held = state.hold(1); !held) return held.error();
    const std::string_view in = state.held();
    state.stream.next_in = zlib_bytes(in.data());
    state.stream.avail_in = static_cast<uInt>(in.size());
    const int rc = inflate(&state.stream, Z_NO_FLUSH);
    if (rc == Z_MEM_ERROR) out_of_memory();
    state.drop(in.size() - state.stream.avail_in);
    const size_t got = room - state.stream.avail_out;
    if (rc == Z_STREAM_END) {
      state.member_ended = true;
      return got;
    }
    const bool broken = rc != Z_OK && rc != Z_BUF_ERROR;
    if (broken || (in.empty() && got == 0)) {
      state.member_ended = true;
      // Behind the magic number that began this one, or it would be found again.
      if (state.consumed == state.offset) state.drop(std::min<size_t>(1, state.held().size()));
      return Error{Errc::kCorrupt, 0, broken ? "the gzip data is broken" : "the file is cut off"};
    }
    if (got > 0) return got;
  }
}

}  // namespace crawl
