/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The waiting origin as a server for any program: prints its port and serves until
 * it is killed, or its parent dies.
 */
#include "bench.h"
#include "hold_origin.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

int origin_main(struct run *run)
{
    struct forked origin;
    raise_descriptors(1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (!hold_origin_start(&origin))
        return run_fail(run, "no origin");
    printf("%d\n", origin.port);
    fflush(stdout);
    for (;;)
        pause();
}
