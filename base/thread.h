// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <thread>

#include "base/result.h"

namespace crawl {

// A thread that runs `body` and to which no signal is delivered: signals are the loop's. The
// machine may have no room for one more thread; where std::thread throws, this is a shortage.
Result<std::thread> start_thread(std::function<void()> body);

}  // namespace crawl
