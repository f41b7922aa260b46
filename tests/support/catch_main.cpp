// The program's main for a Catch2 2.13 that comes as headers only. Where the target Catch2::Catch2WithMain
// exists (Catch2 3, and 2.13 as Debian packs it) the build links that instead and leaves this file out.
#if !__has_include(<catch2/catch_test_macros.hpp>)
#define CATCH_CONFIG_MAIN
#endif
#include "support/catch.hpp"
