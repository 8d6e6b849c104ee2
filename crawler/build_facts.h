// SPDX-License-Identifier: MIT
#pragma once

// What is known of this program only when it is built; cmake/revision.cmake writes the body.

namespace crawl {

extern const char* const kRevision;   // as git describes the sources; "none": not from a repository
extern const char* const kBuildType;  // "Release"

}  // namespace crawl
