// SPDX-License-Identifier: MIT
// The VFS of memory_disk.h. It says of itself what SQLite's own says of a Linux file system.
#include "tests/support/memory_vfs.h"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <new>
#include <string>

#include "base/check.h"
#include "tests/support/memory_disk.h"

namespace crawl::test {

namespace {

MemoryDisk* mounted = nullptr;
sqlite3_vfs* real_vfs = nullptr;

struct OpenFile {
  sqlite3_file base;
  MemoryDisk* disk;
  int file;
  bool new_name;  // the directory is synced with it, the first time
};

OpenFile& as_open(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }

std::string last_part(const char* path) {
  const std::string whole = path;
  return whole.substr(whole.rfind('/') + 1);
}

int close(sqlite3_file*) { return SQLITE_OK; }

int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  OpenFile& open = as_open(file);
  return open.disk->read(open.file, static_cast<char*>(to), static_cast<size_t>(count), offset);
}

int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  OpenFile& open = as_open(file);
  return open.disk->write(open.file, static_cast<const char*>(from), static_cast<size_t>(count),
                          offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return as_open(file).disk->truncate(as_open(file).file, size);
}

int sync(sqlite3_file* file, int) {
  OpenFile& open = as_open(file);
  const int code = open.disk->sync(open.file, open.new_name);
  if (code == SQLITE_OK) open.new_name = false;
  return code;
}

int file_size(sqlite3_file* file, sqlite3_int64* bytes) {
  int64_t size = 0;
  const int code = as_open(file).disk->size(as_open(file).file, size);
  *bytes = size;
  return code;
}

int lock(sqlite3_file* file, int) { return as_open(file).disk->lock(); }
int unlock(sqlite3_file*, int) { return SQLITE_OK; }

int check_reserved(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}

int file_control(sqlite3_file* file, int operation, void* value) {
  if (operation != SQLITE_FCNTL_LAST_ERRNO) return SQLITE_NOTFOUND;
  *static_cast<int*>(value) = as_open(file).disk->last_error();
  return SQLITE_OK;
}
int sector_size(sqlite3_file*) { return 4096; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int map_index(sqlite3_file* file, int region, int bytes, int extend, void volatile** at) {
  return as_open(file).disk->map_index(region, static_cast<size_t>(bytes), extend != 0, at);
}
int lock_index(sqlite3_file*, int, int, int) { return SQLITE_OK; }
void order_index(sqlite3_file*) { std::atomic_thread_fence(std::memory_order_seq_cst); }
int unmap_index(sqlite3_file* file, int) {
  as_open(file).disk->drop_index();
  return SQLITE_OK;
}

const sqlite3_io_methods kMethods = {2,
                                     close,
                                     read,
                                     write,
                                     truncate,
                                     sync,
                                     file_size,
                                     lock,
                                     unlock,
                                     check_reserved,
                                     file_control,
                                     sector_size,
                                     characteristics,
                                     map_index,
                                     lock_index,
                                     order_index,
                                     unmap_index,
                                     nullptr,
                                     nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  OpenFile& opened = as_open(file);
  opened.base.pMethods = nullptr;
  CRAWL_CHECK(mounted != nullptr && name != nullptr);  // temporary files stay in memory
  const bool create = (flags & SQLITE_OPEN_CREATE) != 0;
  const int code = mounted->open(last_part(name), create, opened.file);
  if (code != SQLITE_OK) return code;
  constexpr int kNewNames = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
  opened.new_name = create && (flags & kNewNames) != 0;
  opened.disk = mounted;
  opened.base.pMethods = &kMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int remove(sqlite3_vfs*, const char* name, int sync_directory) {
  return mounted->remove(last_part(name), sync_directory != 0);
}

int access(sqlite3_vfs*, const char* name, int, int* result) {
  *result = mounted->exists(last_part(name)) ? 1 : 0;
  return SQLITE_OK;
}

int full_name(sqlite3_vfs*, const char* name, int room, char* out) {
  sqlite3_snprintf(room, out, "%s", name);
  return SQLITE_OK;
}

int random_bytes(sqlite3_vfs*, int count, char* out) {
  return real_vfs->xRandomness(real_vfs, count, out);
}
int sleep(sqlite3_vfs*, int) { return 0; }
int now(sqlite3_vfs*, double* days) { return real_vfs->xCurrentTime(real_vfs, days); }
int last_error(sqlite3_vfs*, int, char*) { return mounted == nullptr ? 0 : mounted->last_error(); }

sqlite3_vfs& memory_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made{};
    made.iVersion = 1;
    made.szOsFile = sizeof(OpenFile);
    made.mxPathname = 512;
    made.zName = "memory-disk";
    made.xOpen = open;
    made.xDelete = remove;
    made.xAccess = access;
    made.xFullPathname = full_name;
    made.xRandomness = random_bytes;
    made.xSleep = sleep;
    made.xCurrentTime = now;
    made.xGetLastError = last_error;
    return made;
  }();
  return vfs;
}

}  // namespace

void mount_memory_disk(MemoryDisk* disk) {
  if (real_vfs == nullptr) real_vfs = sqlite3_vfs_find("unix");
  mounted = disk;
  sqlite3_vfs_register(disk == nullptr ? real_vfs : &memory_vfs(), 1);
}

}  // namespace crawl::test
