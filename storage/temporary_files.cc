// SPDX-License-Identifier: MIT
#include "storage/temporary_files.h"

#include <sqlite3.h>

#include <filesystem>
#include <string>

#include "storage/preflight.h"

namespace crawl {

TemporaryFiles::TemporaryFiles(Database& database) : database_(database) {
  const char* file = sqlite3_db_filename(database.handle(), "main");
  std::error_code ignored;
  const std::string path =
      std::filesystem::canonical(file == nullptr ? "" : file, ignored).string();
  sqlite3_temp_directory = sqlite3_mprintf("%s", parent_directory(path).c_str());
  (void)database.execute("PRAGMA temp_store=FILE");
}

TemporaryFiles::~TemporaryFiles() {
  (void)database_.execute("PRAGMA temp_store=MEMORY");
  sqlite3_free(sqlite3_temp_directory);
  sqlite3_temp_directory = nullptr;
}

}  // namespace crawl
