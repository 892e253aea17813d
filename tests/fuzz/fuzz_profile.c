/* Mapping profiles as somebody may write them, and files that are read through them.
 *
 * Input: the profile's JSON; then, behind a byte 1E, files with that byte between them. */
#include "loader/profile.h"
#include "tests/fuzz/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct bytes in = {bytes, n};
    int fd = bytes_file(bytes_until(&in, FUZZ_MARK));
    struct findings found = {0};
    struct error err = {0};
    struct profile *profile;
    char path[32];
    fuzz_path(fd, path);
    profile = profile_check(path, &found, &err);
    fuzz_require(!profile || !found.count, "it is taken although %s", found.list[0].sentence);
    fuzz_require(profile || found.count || *err.message, "it is refused without a word");
    for (size_t i = 0; i < found.count; i++)
        fuzz_require(*found.list[i].path == '$' && *found.list[i].sentence, "a finding without a place or words");
    if (profile && in.n)
        fuzz_load(path, in);
    profile_free(profile);
    findings_release(&found);
    close(fd);
    return 0;
}
