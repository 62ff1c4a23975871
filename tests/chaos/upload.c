/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See upload.h. A reader may outlive the caller's interest in it (a dropped
 * future), so it is freed when the library closes it.
 */
#include "chaos/upload.h"

#include <stdlib.h>
#include <string.h>

#include "chaos/pattern.h"
#include "chaos/storm.h"

enum { SMALL = 300, MIDDLE = 20000, LARGE = 300000, HEAVY_BYTES = 64 << 20, KINDS = 5 };

struct reader {
    uint64_t number, len, at;
    struct dice dice;
    _Atomic bool *hungry; /* NULL: it always has bytes */
};

static ssize_t reader_read(void *arg, void *buf, size_t cap)
{
    struct reader *reader = arg;
    uint64_t n = reader->len - reader->at;

    if (reader->hungry != NULL && dice_once_in(&reader->dice, 3)) {
        atomic_store(reader->hungry, true);
        return GOFER_BODY_LATER;
    }
    if (n > cap)
        n = cap;
    if (n > 1 && dice_once_in(&reader->dice, 2))
        n = 1 + dice_roll(&reader->dice, (unsigned)n);
    pattern_fill(reader->number, reader->at, buf, (size_t)n);
    reader->at += n;
    return (ssize_t)n;
}

static int reader_rewind(void *arg)
{
    struct reader *reader = arg;

    reader->at = 0;
    return 0;
}

static void set_reader(gofer_request *request, const struct upload *upload, struct dice *dice,
                       bool with_length, _Atomic bool *hungry)
{
    struct reader *reader = malloc(sizeof *reader);

    if (reader == NULL)
        abort();
    *reader = (struct reader){.number = upload->number,
                              .len = upload->len,
                              .dice = dice_of(dice->state, upload->number),
                              .hungry = hungry};
    gofer_request_set_body_reader(
        request, &(gofer_body_reader){.read = reader_read,
                                      .rewind = reader_rewind,
                                      .close = free,
                                      .arg = reader,
                                      .length = with_length ? (int64_t)upload->len : -1});
}

/* Copied where nobody gets to free it. */
static void set_memory(gofer_request *request, const struct upload *upload, bool copied)
{
    void *body = malloc(upload->len);

    if (body == NULL)
        abort();
    pattern_fill(upload->number, 0, body, upload->len);
    if (!copied) {
        gofer_request_set_body_ref(request, body, upload->len, free, body);
        return;
    }
    gofer_request_set_body(request, body, upload->len);
    free(body);
}

static void set_file(gofer_request *request, struct upload *upload, int file)
{
    if (upload->len > STORM_FILE_BYTES)
        upload->len = STORM_FILE_BYTES;
    upload->number = pattern_of_upload(STORM_FILE_NUMBER);
    gofer_request_set_body_fd(request, file, 0, (int64_t)upload->len);
}

static uint64_t draw_length(struct dice *dice, bool heavy)
{
    unsigned kind = dice_roll(dice, 40);

    if (heavy)
        return HEAVY_BYTES;
    return 1 + dice_roll(dice, kind == 0 ? LARGE : kind < 6 ? MIDDLE : SMALL);
}

void upload_set(struct upload *upload, gofer_request *request, uint64_t id, struct dice *dice,
                bool heavy, int file, _Atomic bool *hungry)
{
    upload->number = pattern_of_upload(id);
    upload->len = draw_length(dice, heavy);
    switch (heavy ? 2 : dice_roll(dice, KINDS)) {
    case 0:
        return set_memory(request, upload, true);
    case 1:
        return set_memory(request, upload, false);
    case 2:
        return set_reader(request, upload, dice, true, NULL);
    case 3:
        return set_reader(request, upload, dice, false, hungry);
    default:
        return set_file(request, upload, file);
    }
}
