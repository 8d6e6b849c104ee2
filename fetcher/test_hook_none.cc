// SPDX-License-Identifier: MIT
#include "fetcher/test_hook.h"

namespace crawl {

void install_test_hook(std::string_view /*spec*/) {}
void run_test_hook(std::string_view /*url*/, Phase /*phase*/) {}

}  // namespace crawl
