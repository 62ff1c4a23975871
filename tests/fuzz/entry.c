/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The entry that libFuzzer calls, compiled once for each target: FUZZ_TARGET is
 * its function.
 */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct fuzz f = {.data = (const char *)data, .len = len};
    FUZZ_TARGET(&f);
    return 0;
}
