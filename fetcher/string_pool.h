// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace crawl {

// Keeps copies of strings at stable addresses until clear(). One bump pointer, grown in chunks.
class StringPool {
 public:
  std::string_view add(std::string_view text) {
    if (text.empty()) return {};
    if (text.size() > left_) grow(text.size());
    char* copy = next_;
    std::memcpy(copy, text.data(), text.size());
    next_ += text.size();
    left_ -= text.size();
    return {copy, text.size()};
  }

  // Keeps the first chunk.
  void clear() {
    if (chunks_.empty()) return;
    chunks_.resize(1);
    next_ = chunks_[0].get();
    left_ = kChunkBytes;
  }

 private:
  static constexpr size_t kChunkBytes = 256 * 1024;

  void grow(size_t needed) {
    if (chunks_.empty()) {
      start_chunk(kChunkBytes);  // clear() counts on the first one's size
      if (needed <= left_) return;
    }
    start_chunk(std::max(needed, kChunkBytes));
  }

  void start_chunk(size_t bytes) {
    chunks_.emplace_back(new char[bytes]);
    next_ = chunks_.back().get();
    left_ = bytes;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

}  // namespace crawl
