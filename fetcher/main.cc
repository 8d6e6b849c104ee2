// SPDX-License-Identifier: MIT
#include "fetcher/program.h"

int main(int argc, char** argv) { return crawl::run_fetcher(argc, argv); }
