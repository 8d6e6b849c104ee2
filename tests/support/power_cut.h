// SPDX-License-Identifier: MIT
#pragma once

// What a disk may hold after a power cut: what was synced is there; of what was not, any part, in
// any order, and torn anywhere. Names are created and removed in order, and so are lost from the
// end.

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/memory_disk.h"

namespace crawl::test {

class PowerCut {
 public:
  using Random = std::mt19937_64;

  // One more change was made; it must outlive this object.
  void advance(const DiskChange& change);
  bool all_synced() const;

  DiskFiles everything() const;  // not the power failed but the process
  DiskFiles synced() const;      // nothing else survived
  DiskFiles chance(Random& random) const;

 private:
  struct File {
    std::string synced;
    std::vector<const DiskChange*> since;
    std::string lost_view;  // with everything, also what never becomes durable
    bool differs = false;   // lost_view is in use
  };
  using Names = std::map<std::string, int>;
  static void apply(const DiskChange& change, std::string& content);
  static void apply_torn(const DiskChange& change, Random& random, std::string& content);
  static void rename(const DiskChange& change, Names& names);
  std::string by_chance(const File& file, Random& random) const;

  std::map<int, File> files_;
  Names names_;                             // synced
  std::vector<const DiskChange*> renamed_;  // since
};

}  // namespace crawl::test
