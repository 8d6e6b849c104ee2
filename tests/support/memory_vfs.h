// SPDX-License-Identifier: MIT
#pragma once

namespace crawl::test {

class MemoryDisk;

// SQLite's default VFS works on `disk` from here on; nullptr: on real files again.
void mount_memory_disk(MemoryDisk* disk);

}  // namespace crawl::test
