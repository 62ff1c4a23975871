/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See storm.h.
 */
#include "chaos/storm.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chaos/pattern.h"
#include "support/certs.h"

enum { LINE_BYTES = 1024, COMPLAINTS_SHOWN = 40 };

const char *const way_names[WAYS] = {
    [WAY_DO] = "do",
    [WAY_WAIT] = "wait",
    [WAY_WAIT_FOR] = "wait_for",
    [WAY_IMPATIENT] = "wait_for, cancel",
    [WAY_TOKEN] = "token fired",
    [WAY_DEADLINE] = "token's deadline",
    [WAY_DROP] = "future dropped",
    [WAY_DONE] = "on_done",
    [WAY_ANY] = "wait_any",
    [WAY_GROUP] = "group",
    [WAY_STREAM] = "stream",
    [WAY_STREAM_FUTURE] = "stream, future",
    [WAY_SINK] = "stream, callback",
    [WAY_QUIT] = "stream closed early",
};

static int make_file(void)
{
    static char body[STORM_FILE_BYTES];
    int fd = memfd_create("chaos", MFD_CLOEXEC);

    pattern_fill(pattern_of_upload(STORM_FILE_NUMBER), 0, body, sizeof body);
    if (fd < 0 || write(fd, body, sizeof body) != (ssize_t)sizeof body) {
        perror("chaos: a file");
        abort();
    }
    return fd;
}

void storm_begin(struct storm *storm, uint64_t seed, uint64_t ids)
{
    storm->seed = seed;
    storm->next_id = 1;
    far_start(&storm->far, ids, seed);
    blackhole_open(&storm->hole);
    storm->file = make_file();
    storm->dns = dns_server_start();
    dns_server_rule(storm->dns, "mute.good.test", 0, DNS_RULE_SILENT);
    dns_server_add(storm->dns, "stray.good.test", "127.0.0.1", 1);
    for (unsigned i = 0; i < STORM_HOSTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "h%u.good.test", i);
        dns_server_add(storm->dns, name, "127.0.0.1", 1);
    }
}

void storm_end(struct storm *storm)
{
    dns_server_stop(storm->dns);
    close(storm->file);
    blackhole_close(&storm->hole);
    far_stop(&storm->far);
}

gofer_tls_options storm_tls(void)
{
    return (gofer_tls_options){.ca_pem = certs_pem("root")};
}

void storm_complain(struct storm *storm, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;

    if (storm->complaints++ >= COMPLAINTS_SHOWN)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fprintf(stderr, "chaos: %s\n", line);
}
