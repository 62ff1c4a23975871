/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a trace sees of a head: each field in its place, and no credential.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "transport/trace_head.h"

extern CU_TestInfo trace_head_tests[];

/* "name=value;" of each field. */
static const char *fields_of(const char *head, const struct headers *secrets)
{
    static char text[512];
    struct trace_head h;
    const char *name, *value;

    text[0] = '\0';
    trace_head_init(&h, head, strlen(head), secrets);
    while (trace_head_next(&h, &name, &value)) {
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s=%s;", name, value);
    }
    trace_head_fini(&h);
    return text;
}

static void fields_come_in_their_order(void)
{
    const char *fields = fields_of("GET /?a:b HTTP/1.1\r\nHost: [::1]:80\r\nA: 1\r\na: 2: 3\r\n"
                                   "Empty: \r\nBare:\r\n\r\n",
                                   NULL);
    CU_ASSERT_STRING_EQUAL(fields, "Host=[::1]:80;A=1;a=2: 3;Empty=;Bare=;");
}

static void a_head_without_fields_has_none(void)
{
    CU_ASSERT_STRING_EQUAL(fields_of("GET http://a/ HTTP/1.1\r\n\r\n", NULL), "");
    CU_ASSERT_STRING_EQUAL(fields_of("", NULL), "");
}

static void credentials_are_masked(void)
{
    struct headers secrets = HEADERS_INIT;
    headers_remove(&secrets, "X-Key");
    const char *fields =
        fields_of("GET / HTTP/1.1\r\nauthorization: a\r\nProxy-Authorization: b\r\n"
                  "COOKIE: c\r\nx-key: d\r\nX-Keys: e\r\n\r\n",
                  &secrets);
    CU_ASSERT_STRING_EQUAL(
        fields, "authorization=***;Proxy-Authorization=***;COOKIE=***;x-key=***;X-Keys=e;");
    headers_fini(&secrets);
}

CU_TestInfo trace_head_tests[] = {
    {"fields come in their order", fields_come_in_their_order},
    {"a head without fields has none", a_head_without_fields_has_none},
    {"credentials are masked", credentials_are_masked},
    CU_TEST_INFO_NULL};
