/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See proxy.h.
 */
#include "support/proxy.h"

const struct test_proxy_words test_proxy_words[] = {
    {PROXY_FAULT_CLOSE, "proxy's answer to CONNECT: none, the connection was closed",
     "SOCKS5 proxy: closed the connection during the handshake",
     "SOCKS4 proxy: closed the connection during the handshake"},
    {PROXY_FAULT_HALF_CLOSE, "proxy's answer to CONNECT: cut off",
     "SOCKS5 proxy: closed the connection during the handshake",
     "SOCKS4 proxy: closed the connection during the handshake"},
    {PROXY_FAULT_REFUSE, "proxy refused CONNECT: 403 Filtered",
     "SOCKS5 proxy: connection not allowed by its rules", "SOCKS4 proxy: refused or failed"},
    {PROXY_FAULT_GARBAGE, "proxy's answer to CONNECT: not an HTTP/1 response",
     "SOCKS5 proxy: bad answer, it begins with 0x53",
     "SOCKS4 proxy: bad answer, it begins with 0x53"},
    {PROXY_FAULT_ENDLESS_HEAD, "proxy's answer to CONNECT: more than 16 KiB without an end",
     "SOCKS5 proxy: bad answer, it begins with 0x53",
     "SOCKS4 proxy: bad answer, it begins with 0x53"},
    {PROXY_FAULT_ENDLESS_BODY, "proxy refused CONNECT: 407 Proxy Authentication Required",
     "SOCKS5 proxy: connection not allowed by its rules", "SOCKS4 proxy: refused or failed"},
    {PROXY_FAULT_PAGE, "proxy refused CONNECT: 407 Proxy Authentication Required",
     "SOCKS5 proxy: connection not allowed by its rules", "SOCKS4 proxy: refused or failed"},
    {PROXY_FAULT_INTERIM, "proxy's answer to CONNECT: more than 16 KiB without an end",
     "SOCKS5 proxy: bad answer, it begins with 0x53",
     "SOCKS4 proxy: bad answer, it begins with 0x53"},
};

const size_t test_proxy_words_len = sizeof test_proxy_words / sizeof *test_proxy_words;
