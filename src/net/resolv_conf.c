/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Parsing resolv.conf. The text is cut up in place, in a copy that the search
 * list then points into. A line or option that is unknown or makes no sense is
 * no error: the file is not ours.
 */
#include "net/resolv_conf.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "net/config_file.h"
#include "net/endpoint.h"

enum {
    FILE_MAX_BYTES = 64 * 1024,
    NDOTS_MAX = 15,
    TIMEOUT_S = 5,
    TIMEOUT_MAX_S = 30, /* as in glibc, here and below */
    ATTEMPTS = 2,
    ATTEMPTS_MAX = 5
};

/* --- words --- */

/* The next line, without its end; NULL at the end of the text. */
static char *next_line(char **at)
{
    char *line = *at;
    if (line == NULL)
        return NULL;
    char *end = strchr(line, '\n');
    *at = end != NULL ? end + 1 : NULL;
    if (end != NULL)
        *end = '\0';
    return line;
}

/* The next word of a line, "" where there is none. */
static char *next_word(char **at)
{
    char *word = *at + strspn(*at, " \t\r");
    char *end = word + strcspn(word, " \t\r");
    *at = *end != '\0' ? end + 1 : end;
    *end = '\0';
    return word;
}

/* A number within bounds; what is none counts as 0. */
static int bounded(const char *digits, int min, int max)
{
    int n = 0;
    for (; ascii_is_digit(*digits) && n <= max; digits++)
        n = 10 * n + (*digits - '0');
    if (*digits != '\0' && !ascii_is_digit(*digits))
        n = 0;
    return n < min ? min : n > max ? max : n;
}

/* --- lines --- */

static void add_server(struct resolv_conf *conf, const char *word)
{
    if (conf->servers_len < RESOLV_CONF_SERVERS &&
        endpoint_addr(word, RESOLV_CONF_PORT, &conf->servers[conf->servers_len]))
        conf->servers_len++;
}

static void add_search(struct resolv_conf *conf, char *word)
{
    size_t len = strlen(word);
    if (conf->search_len == RESOLV_CONF_SEARCH_MAX || !hostname_is_valid(word))
        return;
    if (word[len - 1] == '.')
        word[--len] = '\0';
    ascii_lower_n(word, len);
    conf->search[conf->search_len++] = word;
}

/* "search a b", or "domain a": the last such line holds. False where it names nothing. */
static bool set_search(struct resolv_conf *conf, char *words, bool many)
{
    char *word = next_word(&words);
    if (*word == '\0')
        return false;
    conf->search_len = 0;
    add_search(conf, word);
    for (word = next_word(&words); many && *word != '\0'; word = next_word(&words))
        add_search(conf, word);
    return true;
}

static bool is_one_of(const char *word, const char *const *names)
{
    while (*names != NULL && strcmp(word, *names) != 0)
        names++;
    return *names != NULL;
}

static void set_option(struct resolv_conf *conf, const char *word)
{
    static const char *const tcp[] = {"use-vc", "usevc", "tcp", NULL};
    static const char *const single[] = {"single-request", "single-request-reopen", NULL};
    if (strncmp(word, "ndots:", 6) == 0)
        conf->ndots = bounded(word + 6, 0, NDOTS_MAX);
    else if (strncmp(word, "timeout:", 8) == 0)
        conf->timeout_ms = 1000 * bounded(word + 8, 1, TIMEOUT_MAX_S);
    else if (strncmp(word, "attempts:", 9) == 0)
        conf->attempts = bounded(word + 9, 1, ATTEMPTS_MAX);
    conf->rotate = conf->rotate || strcmp(word, "rotate") == 0;
    conf->use_tcp = conf->use_tcp || is_one_of(word, tcp);
    conf->single_request = conf->single_request || is_one_of(word, single);
    conf->no_reload = conf->no_reload || strcmp(word, "no-reload") == 0;
}

/* True where the line says what to search. */
static bool parse_line(struct resolv_conf *conf, char *line)
{
    const char *what = next_word(&line);
    bool domain = strcmp(what, "domain") == 0;
    if (domain || strcmp(what, "search") == 0)
        return set_search(conf, line, !domain);
    if (strcmp(what, "nameserver") == 0)
        add_server(conf, next_word(&line));
    else if (strcmp(what, "options") == 0)
        for (char *word = next_word(&line); *word != '\0'; word = next_word(&line))
            set_option(conf, word);
    return false;
}

/* --- the file --- */

/* The servers that are asked where none is named. */
static void set_default_servers(struct resolv_conf *conf)
{
    addr_parse("127.0.0.1", NULL, RESOLV_CONF_PORT, &conf->servers[0]);
    addr_parse("::1", NULL, RESOLV_CONF_PORT, &conf->servers[1]);
    conf->servers_len = 2;
}

static void parse_lines(struct resolv_conf *conf, char *text, char *domain)
{
    bool searches = false;
    for (char *line = next_line(&text); line != NULL; line = next_line(&text))
        if (*line != '#' && *line != ';')
            searches = parse_line(conf, line) || searches;
    if (!searches)
        add_search(conf, domain);
    if (conf->servers_len == 0)
        set_default_servers(conf);
}

bool resolv_conf_parse(struct resolv_conf *conf, const char *text, size_t len,
                       const char *host_name)
{
    *conf = (struct resolv_conf){.ndots = 1, .timeout_ms = 1000 * TIMEOUT_S, .attempts = ATTEMPTS};
    const char *dot = strchr(host_name, '.');
    const char *domain = dot != NULL ? dot + 1 : "";
    size_t domain_len = strlen(domain) + 1;
    conf->text = mem_alloc(len + 1 + domain_len);
    if (conf->text == NULL)
        return false;
    memcpy(conf->text, text, len);
    conf->text[len] = '\0';
    memcpy(conf->text + len + 1, domain, domain_len);
    for (size_t i = 0; i < len; i++)
        if (conf->text[i] == '\0')
            conf->text[i] = ' ';
    parse_lines(conf, conf->text, conf->text + len + 1);
    return true;
}

int resolv_conf_read(struct resolv_conf *conf, const char *path)
{
    char host_name[HOSTNAME_MAX + 2] = "";
    char *text;
    size_t len;
    *conf = (struct resolv_conf){.text = NULL};
    int err = config_file_read(path, FILE_MAX_BYTES, &text, &len);
    if (err != 0)
        return err;
    if (gethostname(host_name, sizeof(host_name) - 1) != 0)
        host_name[0] = '\0';
    bool ok = resolv_conf_parse(conf, text != NULL ? text : "", len, host_name);
    mem_free(text);
    return ok ? 0 : ENOMEM;
}

void resolv_conf_fini(struct resolv_conf *conf)
{
    mem_free(conf->text);
    *conf = (struct resolv_conf){.servers_len = 0};
}

/* --- names --- */

static size_t count_dots(const char *host, size_t len)
{
    size_t dots = 0;
    for (size_t i = 0; i < len; i++)
        dots += host[i] == '.';
    return dots;
}

static bool write_name(char *name, const char *host, size_t len, const char *tail)
{
    memcpy(name, host, len);
    name[len] = '\0';
    if (tail != NULL) {
        name[len] = '.';
        memcpy(name + len + 1, tail, strlen(tail) + 1);
    }
    return true;
}

/* Whether a name of the search list may stand behind a host of len bytes. */
static bool may_follow(const char *tail, size_t len)
{
    return len + 1 + strlen(tail) <= HOSTNAME_MAX && strcmp(tail, "onion") != 0 &&
           !hostname_is_onion(tail);
}

bool resolv_conf_name(const struct resolv_conf *conf, const char *host, size_t i,
                      char name[HOSTNAME_MAX + 1])
{
    size_t len = strlen(host);
    if (host[len - 1] == '.')
        return i == 0 && write_name(name, host, len - 1, NULL);
    bool plain_first = count_dots(host, len) >= (size_t)conf->ndots;
    if (plain_first && i == 0)
        return write_name(name, host, len, NULL);
    i -= plain_first;
    for (size_t s = 0; s < conf->search_len; s++)
        if (may_follow(conf->search[s], len) && i-- == 0)
            return write_name(name, host, len, conf->search[s]);
    return !plain_first && i == 0 && write_name(name, host, len, NULL);
}
