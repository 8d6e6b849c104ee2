// SPDX-License-Identifier: MIT
#pragma once

// What can be said about a database's path before anything on disk is changed, so that a bad path
// ends in one clear error.

#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;

namespace crawl {

enum class PathState { kMissing, kEmpty, kFile };  // kEmpty: a file of 0 bytes

// For the writer: kNotFound when the directory is missing; kInvalid when `path` names a directory
// or a device, or has further hard links; kIo when the file or its directory is not writable.
Result<PathState> inspect_writable_path(const std::string& path);
// For readers: kNotFound (also of a file of 0 bytes), kInvalid.
Result<void> inspect_readable_path(const std::string& path);

std::string parent_directory(const std::string& path);  // "." where it names none
// Through symbolic links: a log lies beside the file, not beside the link. `path` where there is no
// such file.
std::string resolved_path(const std::string& path);

// `path` as SQLite must be given it: never taken for a URI, ":memory:" or a temporary database.
std::string plain_sqlite_path(const std::string& path);
// "file:…?immutable=1": read without locks and without making any file beside it.
std::string immutable_sqlite_uri(const std::string& path);

// kExists where a file of this name would take the place of the database, or of what SQLite and
// crawl keep beside it; or would be written by way of one.
Result<void> refuse_as_output(const std::string& database, const std::string& path);

// Reads application_id and user_version: kCorrupt unless the file is a database of ours, kVersion
// when a newer crawl wrote it. Changes nothing.
Result<void> check_identity(sqlite3* handle, const std::string& path);
// The same from outside, by the bytes of the file's header, leaving no trace. Not through SQLite: a
// connection that leaves no trace would ignore the journal of an interrupted transaction, and call
// malformed what only has to be rolled back. A file whose first page a power cut has torn is ours
// when its journal or its log says so.
Result<void> check_identity_untouched(const std::string& path);

// The Error for the last failure on `handle`: kFull (with the space left) for a full disk, kBusy,
// kCorrupt, else kIo.
Error sqlite_error(sqlite3* handle, std::string_view doing);

}  // namespace crawl
