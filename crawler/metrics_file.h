// SPDX-License-Identifier: MIT
#pragma once

// `--metrics FILE`: the numbers of a run (reader/metrics.h) for the node exporter's textfile
// collector. The file is always whole: it is written beside its name and takes that at once.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "crawler/progress.h"

namespace crawl {

class MetricsFile {
 public:
  // `path` "": none is wanted. All must outlive this object.
  MetricsFile(std::string path, const Clock& clock, Logger& log);

  // Whether it can be written, before anything is begun: nor may it be one of the database's own.
  Result<void> check(const std::string& database) const;
  // Writes every 15 s; call as often as you like. That it cannot be written is warned of once.
  void update(const ProgressSnapshot& snapshot);
  void finish(const ProgressSnapshot& snapshot, std::string_view end_reason);

 private:
  void write(const ProgressSnapshot& snapshot, std::string_view end_reason);

  const std::string path_, draft_;
  const Clock& clock_;
  Logger& log_;
  int64_t started_at_ = 0;  // ms since 1970
  int64_t written_ms_;      // monotonic
  bool warned_ = false;
};

}  // namespace crawl
