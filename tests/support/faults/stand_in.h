// SPDX-License-Identifier: MIT
#pragma once

// How a function is stood in for: FAULTY(return type, name, parameters, arguments, target, what it
// returns, with errno set, when it fails). The C++ name is another one, so that the declarations of
// system headers, with their attributes, need not be matched. Functions with "..." are stood in for
// by ones with as many words as any of their uses has: the same to a caller on Linux.

#include <cerrno>

#include "tests/support/faults/plan.h"

namespace crawl::faults {

template <typename Return, typename Call>
Return run(Hook& hook, const Target& target, Return failure, Call call) {
  const Verdict verdict = judge(hook, target);
  if (verdict.action == Action::kFail) {
    errno = verdict.error;
    return failure;
  }
  const Return result = call();
  if (verdict.action == Action::kKillAfter || verdict.action == Action::kTorn) kill_self();
  return result;
}

// For what reads or writes `size` bytes. `call` takes how many.
template <typename Return, typename Call>
Return run_bytes(Hook& hook, const Target& target, size_t size, Call call) {
  const Verdict verdict = judge(hook, target);
  if (verdict.action == Action::kFail) {
    errno = verdict.error;
    return static_cast<Return>(-1);
  }
  const bool part = verdict.action == Action::kShort || verdict.action == Action::kTorn;
  const Return result = call(part ? half(size) : size);
  if (verdict.action == Action::kKillAfter || verdict.action == Action::kTorn) kill_self();
  return result;
}

}  // namespace crawl::faults

#define CRAWL_STAND_IN(Return, name, parameters)               \
  static CRAWL_HOOK(name, #name);                              \
  extern "C" Return stand_in_##name parameters __asm__(#name); \
  extern "C" __attribute__((visibility("default"))) Return stand_in_##name parameters

#define CRAWL_NEXT(Return, name, parameters) \
  reinterpret_cast<Return(*) parameters>(hook_##name.next)

#define FAULTY(Return, name, parameters, arguments, target, failure)                            \
  CRAWL_STAND_IN(Return, name, parameters) {                                                    \
    return crawl::faults::run<Return>(hook_##name, crawl::faults::Target target, failure, [&] { \
      return CRAWL_NEXT(Return, name, parameters) arguments;                                    \
    });                                                                                         \
  }

// `size` is the name of the parameter that says how many bytes.
#define FAULTY_BYTES(Return, name, parameters, arguments, target, size)     \
  CRAWL_STAND_IN(Return, name, parameters) {                                \
    return crawl::faults::run_bytes<Return>(                                \
        hook_##name, crawl::faults::Target target, size, [&](size_t part) { \
          size = part;                                                      \
          return CRAWL_NEXT(Return, name, parameters) arguments;            \
        });                                                                 \
  }
