// SPDX-License-Identifier: MIT
#pragma once

// A hook for tests of supervision: lets a fetcher crash, hang, leak or exit on a chosen URL.
// Production links test_hook_none.cc, which does nothing; only crawl-fetcher-test links
// tests/support/test_hook.cc.

#include <string_view>

#include "ipc/shared_queue.h"

namespace crawl {

// Called after Configure. `spec` is Configure::test_hook: "crash=/p1;hang=/p2;leak=/p3;exit=/p4",
// each a substring of the URL; misbehaviour happens when a page's parsing begins.
void install_test_hook(std::string_view spec);
void run_test_hook(std::string_view url, Phase phase);

}  // namespace crawl
