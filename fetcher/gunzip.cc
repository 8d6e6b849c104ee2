// SPDX-License-Identifier: MIT
#include "fetcher/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

namespace crawl {
namespace {

constexpr size_t kPieceBytes = size_t{64} * 1024;
constexpr size_t kRatioFreeBytes = size_t{1} << 20;
constexpr int kGzipOnly = 16 + MAX_WBITS;  // inflateInit2: expect a gzip header, nothing else

class Inflater {
 public:
  Inflater() = default;
  ~Inflater() {
    if (open_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool open(std::string_view gzip, int window_bits) {
    // zlib only reads through this pointer; its type lacks the const.
    stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(gzip.data()));
    stream_.avail_in = static_cast<uInt>(gzip.size());
    open_ = ::inflateInit2(&stream_, window_bits) == Z_OK;
    return open_;
  }
  std::string_view rest() const {
    return {reinterpret_cast<const char*>(stream_.next_in), stream_.avail_in};
  }
  bool next_member() { return ::inflateReset(&stream_) == Z_OK; }

  // Fills `piece` and says how many bytes came; `status` is zlib's.
  size_t read(std::array<char, kPieceBytes>& piece, int& status) {
    stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream_.avail_out = static_cast<uInt>(piece.size());
    status = ::inflate(&stream_, Z_NO_FLUSH);
    return piece.size() - stream_.avail_out;
  }

 private:
  z_stream stream_{};
  bool open_ = false;
};

// RFC 1950 §2.2
bool is_zlib(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  return (first & 0x0F) == 8 && (first * 256 + second) % 31 == 0;
}

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b\x08"); }

namespace {

Result<Gunzipped> unpack(std::string_view packed, int window_bits, size_t bytes_max,
                         uint32_t ratio_max) {
  if (packed.size() > std::numeric_limits<uInt>::max()) {
    return Error{Errc::kFull, 0, "a gzip file of more than 4 GiB"};
  }
  Inflater inflater;
  if (!inflater.open(packed, window_bits)) {
    return Error{Errc::kFull, 0, "no memory to decompress"};
  }
  Gunzipped out;
  std::array<char, kPieceBytes> piece;
  int status = Z_OK;
  do {
    const size_t came = inflater.read(piece, status);
    if (came > bytes_max - out.bytes.size()) {
      return Error{Errc::kFull, 0,
                   "decompresses to more than " + std::to_string(bytes_max) + " bytes"};
    }
    out.bytes.append(piece.data(), came);
    const uint64_t went_in = packed.size() - inflater.rest().size();
    if (out.bytes.size() > kRatioFreeBytes && out.bytes.size() > went_in * ratio_max) {
      return Error{Errc::kFull, 0, "a decompression bomb"};
    }
    if (status == Z_MEM_ERROR) return Error{Errc::kFull, 0, "no memory to decompress"};
    if (status == Z_STREAM_END && window_bits == kGzipOnly && is_gzip(inflater.rest()) &&
        inflater.next_member())
      status = Z_OK;
  } while (status == Z_OK);
  out.complete = status == Z_STREAM_END;
  return out;
}

}  // namespace

Result<Gunzipped> gunzip(std::string_view gzip, size_t bytes_max, uint32_t ratio_max) {
  if (!is_gzip(gzip)) return Error{Errc::kInvalid, 0, "not a gzip file"};
  return unpack(gzip, kGzipOnly, bytes_max, ratio_max);
}

Result<Gunzipped> inflate(std::string_view deflated, size_t bytes_max, uint32_t ratio_max) {
  if (is_zlib(deflated)) return unpack(deflated, MAX_WBITS, bytes_max, ratio_max);
  Result<Gunzipped> bare = unpack(deflated, -MAX_WBITS, bytes_max, ratio_max);
  if (bare && !bare->complete) return Error{Errc::kInvalid, 0, "not deflated"};
  return bare;
}

}  // namespace crawl
