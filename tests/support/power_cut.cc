// SPDX-License-Identifier: MIT
#include "tests/support/power_cut.h"

#include <algorithm>
#include <cstring>

namespace crawl::test {

using Kind = DiskChange::Kind;

void PowerCut::apply(const DiskChange& change, std::string& content) {
  if (change.kind == Kind::kTruncate) {
    content.resize(static_cast<size_t>(change.offset));
    return;
  }
  const auto offset = static_cast<size_t>(change.offset);
  content.resize(std::max(content.size(), offset + change.bytes.size()));
  std::memcpy(content.data() + offset, change.bytes.data(), change.bytes.size());
}

// Sector by sector: written, not written, or rubbish. With sectors of one byte: written up to some
// byte, then rubbish up to another.
void PowerCut::apply_torn(const DiskChange& change, Random& random, std::string& content) {
  if (change.kind == Kind::kTruncate) return;
  const auto offset = static_cast<size_t>(change.offset);
  const size_t size = change.bytes.size();
  content.resize(
      std::max(content.size(), offset + (random() % 2 == 0 ? size : random() % (size + 1))));
  const auto put = [&](size_t at, bool rubbish) {
    if (offset + at >= content.size()) return;
    content[offset + at] = rubbish ? static_cast<char>(random()) : change.bytes[at];
  };
  const size_t sectors[] = {1, 512, 4096};
  const size_t sector = sectors[random() % 3];
  if (sector == 1) {
    const size_t written = random() % (size + 1);
    const size_t rubbish = written + random() % (size - written + 1);
    for (size_t at = 0; at < rubbish; ++at) put(at, at >= written);
    return;
  }
  for (size_t at = 0; at < size;) {
    const size_t end = std::min(size, at + sector - (offset + at) % sector);
    const uint64_t fate = random() % 3;
    for (; at < end; ++at) {
      if (fate != 0) put(at, fate == 2);
    }
  }
}

void PowerCut::rename(const DiskChange& change, Names& names) {
  if (change.kind == Kind::kCreate) names[change.bytes] = change.file;
  if (change.kind == Kind::kRemove) names.erase(change.bytes);
}

void PowerCut::advance(const DiskChange& change) {
  if (change.kind == Kind::kCreate || change.kind == Kind::kRemove) {
    renamed_.push_back(&change);
    files_[change.file];
    return;
  }
  if (change.kind == Kind::kSyncDirectory) {
    for (const DiskChange* one : renamed_) rename(*one, names_);
    renamed_.clear();
    return;
  }
  File& file = files_[change.file];
  if (change.kind == Kind::kSync) {
    for (const DiskChange* one : file.since) apply(*one, file.synced);
    file.since.clear();
  } else if (change.kind == Kind::kFailedSync) {
    if (!file.differs) file.lost_view = file.synced;
    file.differs = true;
    for (const DiskChange* one : file.since) apply(*one, file.lost_view);
    file.since.clear();
  } else {
    file.since.push_back(&change);
    if (file.differs) apply(change, file.lost_view);
  }
}

bool PowerCut::all_synced() const {
  return renamed_.empty() && std::all_of(files_.begin(), files_.end(), [](const auto& file) {
           return file.second.since.empty();
         });
}

DiskFiles PowerCut::everything() const {
  Names names = names_;
  for (const DiskChange* one : renamed_) rename(*one, names);
  DiskFiles files;
  for (const auto& [name, number] : names) {
    const File& file = files_.at(number);
    std::string& content = files[name] = file.differs ? file.lost_view : file.synced;
    if (file.differs) continue;
    for (const DiskChange* one : file.since) apply(*one, content);
  }
  return files;
}

DiskFiles PowerCut::synced() const {
  DiskFiles files;
  for (const auto& [name, number] : names_) files[name] = files_.at(number).synced;
  return files;
}

std::string PowerCut::by_chance(const File& file, Random& random) const {
  std::string content = file.synced;
  std::vector<const DiskChange*> order = file.since;
  if (random() % 4 == 0) std::shuffle(order.begin(), order.end(), random);
  const uint64_t kept = std::array<uint64_t, 4>{5, 50, 90, 100}[random() % 4];  // of a hundred
  const uint64_t torn = std::array<uint64_t, 4>{0, 0, 10, 60}[random() % 4];
  const bool last_torn = random() % 3 == 0;
  for (const DiskChange* one : order) {
    if (random() % 100 >= kept) {
      // The file's length may survive what stood there.
      if (one->kind == Kind::kWrite && random() % 4 == 0) {
        content.resize(
            std::max(content.size(), static_cast<size_t>(one->offset) + one->bytes.size()));
      }
    } else if (random() % 100 < torn || (last_torn && one == order.back())) {
      apply_torn(*one, random, content);
    } else {
      apply(*one, content);
    }
  }
  return content;
}

DiskFiles PowerCut::chance(Random& random) const {
  Names names = names_;
  const size_t kept = random() % (renamed_.size() + 1);
  for (size_t i = 0; i < kept; ++i) rename(*renamed_[i], names);
  DiskFiles files;
  for (const auto& [name, number] : names) files[name] = by_chance(files_.at(number), random);
  return files;
}

}  // namespace crawl::test
