/* CSV files, read through a shipped profile.
 *
 * Input: which profile, then one or more files with the byte 1E between them. */
#include "tests/fuzz/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const profiles[] = {"native", "superstore",    "superstore-eu", "olist",
                                           "pme",    "online-retail", "jaffle-shop",   NULL};
    struct bytes in = {bytes, n};
    unsigned which = bytes_next(&in) % (sizeof profiles / sizeof profiles[0]);
    fuzz_load(profiles[which], in);
    return 0;
}
