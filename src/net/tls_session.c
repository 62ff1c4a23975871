/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The cache: a map of keys, each with its few newest sessions, and the keys in
 * the order of their last use. Copying and freeing sessions happens outside of
 * the lock.
 */
#include "net/tls_session.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/map.h"

struct kept {
    SSL_SESSION *session;
    int64_t until_ns;
};

struct entry {
    UT_hash_handle hh;
    struct link used;
    size_t len;
    struct kept kept[TLS_SESSIONS_EACH]; /* the oldest first */
    char key[];
};

struct tls_sessions {
    struct lock lock; /* guards all below */
    struct entry *entries;
    struct list used; /* the least recently used first */
    size_t count;
};

/* Sessions on their way out of the lock. */
struct dropped {
    SSL_SESSION *sessions[TLS_SESSIONS_EACH + 1];
    size_t len;
};

static void drop_later(struct tls_sessions *s, struct dropped *dropped, SSL_SESSION *session)
{
    dropped->sessions[dropped->len++] = session;
    s->count--;
}

static void free_dropped(struct dropped *dropped)
{
    for (size_t i = 0; i < dropped->len; i++)
        SSL_SESSION_free(dropped->sessions[i]);
    dropped->len = 0;
}

struct tls_sessions *tls_sessions_new(void)
{
    struct tls_sessions *s = mem_zalloc(sizeof(*s));
    if (s != NULL)
        lock_init(&s->lock, LOCK_TLS);
    return s;
}

void tls_sessions_free(struct tls_sessions *sessions)
{
    if (sessions == NULL)
        return;
    tls_sessions_clear(sessions);
    lock_fini(&sessions->lock);
    mem_free(sessions);
}

/* --- entries, under the lock --- */

static struct entry *find(struct tls_sessions *s, const char *key)
{
    struct entry *e;
    HASH_FIND_STR(s->entries, key, e);
    return e;
}

static void touch(struct tls_sessions *s, struct entry *e)
{
    list_remove(&e->used);
    list_push(&s->used, &e->used);
}

static void remove_entry(struct tls_sessions *s, struct entry *e, struct dropped *dropped)
{
    for (size_t i = 0; i < e->len; i++)
        drop_later(s, dropped, e->kept[i].session);
    HASH_DEL(s->entries, e);
    list_remove(&e->used);
    mem_free(e);
}

static struct entry *add_entry(struct tls_sessions *s, const char *key)
{
    size_t len = strlen(key);
    struct entry *e = mem_zalloc(sizeof(*e) + len + 1);
    if (e == NULL)
        return NULL;
    memcpy(e->key, key, len);
    HASH_ADD_KEYPTR(hh, s->entries, e->key, len, e);
    if (!map_added(e)) {
        mem_free(e);
        return NULL;
    }
    list_push(&s->used, &e->used);
    return e;
}

static void remove_at(struct tls_sessions *s, struct entry *e, size_t at, struct dropped *dropped)
{
    drop_later(s, dropped, e->kept[at].session);
    e->len--;
    memmove(&e->kept[at], &e->kept[at + 1], (e->len - at) * sizeof(e->kept[0]));
}

static void remove_expired(struct tls_sessions *s, struct entry *e, int64_t now_ns,
                           struct dropped *dropped)
{
    for (size_t i = e->len; i-- > 0;)
        if (e->kept[i].until_ns <= now_ns)
            remove_at(s, e, i, dropped);
}

/* --- keeping --- */

/* Seconds for which a session may be kept. */
static int64_t lifetime_s(SSL_SESSION *session)
{
    int64_t s = SSL_SESSION_get_timeout(session);
    X509 *cert = SSL_SESSION_get0_peer(session);
    int days = 0, seconds = 0;
    if (cert != NULL && ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(cert)) == 1 &&
        days <= 1)
        s = clock_min(s, (int64_t)days * 86400 + seconds);
    return clock_min(s, TLS_SESSION_MAX_S);
}

/* Takes the session where there is room; the rest is dropped. */
static void keep(struct tls_sessions *s, const char *key, struct kept kept, struct dropped *dropped)
{
    struct entry *e = find(s, key);
    struct link *oldest = list_first(&s->used);
    if (e == NULL && oldest != NULL && HASH_COUNT(s->entries) >= TLS_SESSION_KEYS)
        remove_entry(s, list_item(oldest, struct entry, used), dropped);
    if (e == NULL)
        e = add_entry(s, key);
    s->count++;
    if (e == NULL) {
        drop_later(s, dropped, kept.session);
        return;
    }
    if (e->len == TLS_SESSIONS_EACH)
        remove_at(s, e, 0, dropped);
    e->kept[e->len++] = kept;
    touch(s, e);
}

void tls_sessions_put(struct tls_sessions *sessions, const char *key, SSL_SESSION *session,
                      int64_t now_ns)
{
    int64_t s = lifetime_s(session);
    SSL_SESSION *copy =
        s > 0 && SSL_SESSION_is_resumable(session) ? SSL_SESSION_dup(session) : NULL;
    if (copy == NULL)
        return;
    struct dropped dropped = {.len = 0};
    struct kept kept = {copy, clock_after_ms(now_ns, s * 1000)};
    lock_take(&sessions->lock);
    keep(sessions, key, kept, &dropped);
    lock_drop(&sessions->lock);
    free_dropped(&dropped);
}

/* --- giving --- */

static bool is_single_use(const SSL_SESSION *session)
{
    return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

/* A copy of the newest: a handshake writes into its session, and two may run with this one. It is
 * made under the lock, a matter of memory only, so that nobody but the store ever holds what the
 * store keeps: whoever takes it out is the one that frees it. */
static SSL_SESSION *give(struct tls_sessions *s, struct entry *e, struct dropped *dropped)
{
    SSL_SESSION *newest = e->kept[e->len - 1].session;
    SSL_SESSION *copy = SSL_SESSION_dup(newest);
    touch(s, e);
    if (e->len > 1 && is_single_use(newest))
        remove_at(s, e, e->len - 1, dropped);
    return copy;
}

SSL_SESSION *tls_sessions_take(struct tls_sessions *sessions, const char *key, int64_t now_ns)
{
    struct dropped dropped = {.len = 0};
    SSL_SESSION *copy = NULL;
    lock_take(&sessions->lock);
    struct entry *e = find(sessions, key);
    if (e != NULL)
        remove_expired(sessions, e, now_ns, &dropped);
    if (e != NULL && e->len > 0)
        copy = give(sessions, e, &dropped);
    else if (e != NULL)
        remove_entry(sessions, e, &dropped);
    lock_drop(&sessions->lock);
    free_dropped(&dropped);
    return copy;
}

/* --- forgetting --- */

void tls_sessions_drop(struct tls_sessions *sessions, const char *key)
{
    struct dropped dropped = {.len = 0};
    lock_take(&sessions->lock);
    struct entry *e = find(sessions, key);
    if (e != NULL)
        remove_entry(sessions, e, &dropped);
    lock_drop(&sessions->lock);
    free_dropped(&dropped);
}

void tls_sessions_clear(struct tls_sessions *sessions)
{
    struct dropped dropped = {.len = 0};
    bool more = true;
    while (more) {
        lock_take(&sessions->lock);
        struct link *first = list_first(&sessions->used);
        more = first != NULL;
        if (more)
            remove_entry(sessions, list_item(first, struct entry, used), &dropped);
        lock_drop(&sessions->lock);
        free_dropped(&dropped);
    }
}

size_t tls_sessions_count(struct tls_sessions *sessions)
{
    lock_take(&sessions->lock);
    size_t n = sessions->count;
    lock_drop(&sessions->lock);
    return n;
}
