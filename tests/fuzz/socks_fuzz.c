/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The client half of SOCKS against any proxy: it never sends or reads more than it
 * may, always comes to an end, and in pieces to the same one.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>

#include "net/socks.h"

static void send_all(struct socks *s)
{
    const void *data;
    for (size_t n; (n = socks_to_send(s, &data)) > 0;) {
        FUZZ_CHECK(n <= SOCKS_OUT_MAX && data != NULL);
        socks_sent(s, n > 3 ? n / 2 : n);
    }
}

static enum socks_state talk(const struct socks_request *request, const char *data, size_t len,
                             size_t step, size_t *used_all)
{
    struct socks s;
    struct fault fault = {0};
    *used_all = 0;
    enum socks_state state = SOCKS_FAILED;
    if (socks_begin(&s, request, &fault)) {
        send_all(&s);
        state = s.state;
        while (state < SOCKS_OPEN && *used_all < len) {
            size_t want = socks_to_read(&s);
            FUZZ_CHECK(want > 0 && want <= SOCKS_IN_MAX);
            size_t n = step < want ? step : want;
            n = n < len - *used_all ? n : len - *used_all;
            size_t used = 0;
            char *piece = fuzz_exact(data + *used_all, n);
            state = socks_feed(&s, piece, n, &used, &fault);
            FUZZ_CHECK(used <= n && used > 0);
            *used_all += used;
            free(piece);
            send_all(&s);
        }
        if (state < SOCKS_OPEN)
            socks_eof(&s, &fault);
        FUZZ_CHECK(state == SOCKS_OPEN || fault.code != GOFER_OK);
    }
    FUZZ_CHECK(state != SOCKS_FAILED || fault.code != GOFER_OK);
    return state;
}

void fuzz_socks(struct fuzz *f)
{
    size_t len;
    size_t used_whole;
    size_t used_bytes;
    unsigned choice = fuzz_byte(f);
    char *host = fuzz_text(f);
    char *user = fuzz_text(f);
    char *data = fuzz_rest(f, &len);
    struct socks_request request = {.version = (enum socks_version)(choice % (SOCKS_5 + 1)),
                                    .host = host,
                                    .port = 80,
                                    .user = choice & 0x80 ? user : NULL,
                                    .password = choice & 0x40 ? user : NULL};
    enum socks_state whole = talk(&request, data, len, len, &used_whole);
    enum socks_state bytes = talk(&request, data, len, 1, &used_bytes);
    FUZZ_CHECK(whole == bytes);
    FUZZ_CHECK(whole != SOCKS_OPEN || used_whole == used_bytes);
    free(data);
    free(user);
    free(host);
}
