/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Between framing and plain bytes.
 */
#include "transport/coded.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "http/decoder.h"

enum { WAITING_BYTES = 16 * 1024 };

struct coded {
    struct decoder *decoder;
    size_t work;
    bool failed;
    bool ahead; /* `next` is the byte behind those that were given */
    char next;
    size_t at; /* of the bytes that wait, handed on */
    size_t len;
    char waiting[];
};

/* --- life --- */

static void add_content_codings(const struct gofer_response *r, struct coding_list *list)
{
    for (size_t i = 0; i < r->fields_len; i++)
        if (message_is_field(r, i, "Content-Encoding"))
            coding_list_add(list, r->head + r->fields[i].value, r->fields[i].value_len);
    if (list->unknown)
        *list = (struct coding_list){0};
}

/* They were applied to what the content's made, and chunked to them. */
static void add_transfer_codings(const struct gofer_response *r, struct coding_list *list)
{
    for (size_t i = 0; i < r->fields_len; i++) {
        const char *value = r->head + r->fields[i].value;
        const char *comma = memrchr(value, ',', r->fields[i].value_len);
        if (comma != NULL && message_is_field(r, i, "Transfer-Encoding"))
            coding_list_add(list, value, (size_t)(comma - value));
    }
}

static bool are_not_too_many(const struct coding_list *list, struct fault *fault)
{
    if (list->len <= DECODER_CODINGS_MAX)
        return true;
    fault_set(fault, GOFER_ERR_DECODE, GOFER_PHASE_BODY, 0,
              "the body has more than %d content codings", DECODER_CODINGS_MAX);
    return false;
}

bool coded_begin(struct coded **coded, struct gofer_response *response,
                 const struct coded_plan *plan, struct fault *fault)
{
    struct coding_list list = {0};
    *coded = NULL;
    if (plan->content)
        add_content_codings(response, &list);
    bool of_content = list.len > 0;
    if (plan->transfer)
        add_transfer_codings(response, &list);
    if (!are_not_too_many(&list, fault))
        return false;
    if (list.len == 0)
        return true;
    struct coded *c = mem_alloc(sizeof(*c) + (plan->handed_on ? WAITING_BYTES : 0));
    if (c != NULL)
        *c = (struct coded){.decoder = decoder_new(&list, plan->max_ratio)};
    if (c == NULL || c->decoder == NULL) {
        mem_free(c);
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_BODY, ENOMEM, NULL);
        return false;
    }
    if (of_content)
        message_drop_fields(response, "Content-Encoding");
    message_drop_fields(response, "Content-Length");
    response->content_length = -1;
    response->uncompressed = of_content;
    *coded = c;
    return true;
}

void coded_free(struct coded *coded)
{
    if (coded == NULL)
        return;
    decoder_free(coded->decoder);
    mem_free(coded);
}

bool coded_is_at_end(const struct coded *coded)
{
    return !coded->ahead && decoder_is_at_end(coded->decoder);
}

bool coded_end(const struct coded *coded, struct fault *fault)
{
    return decoder_end(coded->decoder, fault);
}

size_t coded_take_work(struct coded *coded)
{
    size_t work = coded->work;
    coded->work = 0;
    return work;
}

/* Decodes into room for len bytes; *got: how many of them it took. */
static bool decode(struct coded *c, struct coding_io *io, char *to, size_t len, size_t *got,
                   struct fault *fault)
{
    io->out = to;
    io->out_len = len;
    bool ok = decoder_step(c->decoder, io, fault);
    *got = len - io->out_len;
    c->work += *got;
    return ok;
}

/* --- gathered --- */

/* Room for a byte more, at least; where the limit is reached, only to see whether there is one. */
static char *room_for(struct coded *c, struct gofer_response *r, uint64_t max_body_bytes,
                      size_t *len)
{
    uint64_t allowed = max_body_bytes - r->body_len;
    *len = 1;
    if (allowed == 0)
        return &c->next;
    if (!message_reserve(r, 1))
        return NULL;
    size_t room = r->body_cap - r->body_len;
    *len = room < allowed ? room : (size_t)allowed;
    return r->body + r->body_len;
}

static bool too_large(struct fault *fault, uint64_t limit)
{
    fault_set(fault, GOFER_ERR_TOO_LARGE, GOFER_PHASE_BODY, 0, "response body exceeds %llu bytes",
              (unsigned long long)limit);
    return false;
}

bool coded_gather(struct coded *coded, struct gofer_response *response, const char *data,
                  size_t len, uint64_t max_body_bytes, struct fault *fault)
{
    struct coding_io io = {.in = data, .in_len = len};
    size_t got, room;
    do {
        char *to = room_for(coded, response, max_body_bytes, &room);
        if (to == NULL) {
            fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_BODY, ENOMEM, NULL);
            return false;
        }
        if (!decode(coded, &io, to, room, &got, fault))
            return false;
        if (got > 0 && to == &coded->next)
            return too_large(fault, max_body_bytes);
        response->body_len += got;
    } while (got == room);
    return true;
}

/* --- handed on --- */

static bool decode_waiting(struct coded *c, char *to, size_t len, size_t *got, struct fault *fault)
{
    struct coding_io io = {.in = c->waiting + c->at, .in_len = c->len - c->at};
    bool ok = decode(c, &io, to, len, got, fault);
    c->at = c->len - io.in_len;
    c->failed = !ok;
    return ok;
}

bool coded_give(struct coded *coded, char *buf, size_t len, size_t *got, struct fault *fault)
{
    size_t n = 0;
    if (coded->failed)
        return false;
    if (coded->ahead && *got < len) {
        buf[(*got)++] = coded->next;
        coded->ahead = false;
    }
    if (coded->ahead)
        return true;
    if (*got < len) {
        bool ok = decode_waiting(coded, buf + *got, len - *got, &n, fault);
        *got += n;
        if (!ok || *got < len)
            return ok;
    }
    bool ok = decode_waiting(coded, &coded->next, 1, &n, fault);
    coded->ahead = n > 0;
    return ok;
}

bool coded_has_more(const struct coded *coded)
{
    return coded->ahead || coded->failed;
}

char *coded_room(struct coded *coded, size_t *len)
{
    *len = WAITING_BYTES;
    return coded->waiting;
}

void coded_received(struct coded *coded, size_t len)
{
    coded->at = 0;
    coded->len = len;
}
