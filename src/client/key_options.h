/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What may keep two calls from sharing a connection: one row for each member of
 * what a call is made of (the client's options, the request, its URL), in the
 * struct's order, with whether it belongs to the pool's key.
 *
 * A connection made under one call's settings and used under another's is how
 * clients leak credentials and trust, so nothing is left to memory: a member
 * without a row does not compile (key_options.c), and a test generated from the
 * rows changes each alone and counts connections.
 *
 * Whoever adds a member decides here. What changes how a connection is made or
 * who may be trusted on it is IN_KEY where a request sets it, and then key_init()
 * writes it into the key; PER_CLIENT where only a client's options do.
 */
#ifndef GOFER_CLIENT_KEY_OPTIONS_H
#define GOFER_CLIENT_KEY_OPTIONS_H

enum key_scope {
    IN_KEY,         /* calls that differ in it never share */
    PER_CLIENT,     /* of the connection or the pool; two clients never share a pool */
    NOT_CONNECTION, /* calls that differ in it share; between clients the pools are two all the same
                     */
    DERIVED         /* follows from other rows, or is no setting at all */
};

/* gofer_client_options. ROW(member, scope, what it is about, another value than the default). */
#define CLIENT_OPTIONS(ROW)                                                                        \
    ROW(timeout_ms, NOT_CONNECTION, "call", 60000)                                                 \
    ROW(stall_timeout_ms, NOT_CONNECTION, "call", 60000)                                           \
    ROW(connect_timeout_ms, PER_CLIENT, "dial", 60000)                                             \
    ROW(response_header_timeout_ms, NOT_CONNECTION, "call", 60000)                                 \
    ROW(idle_conn_timeout_ms, PER_CLIENT, "pool", 60000)                                           \
    ROW(conn_max_age_ms, PER_CLIENT, "pool", 60000)                                                \
    ROW(keepalive_ms, PER_CLIENT, "socket", 60000)                                                 \
    ROW(workers, NOT_CONNECTION, "threads", 1)                                                     \
    ROW(worker_start, NOT_CONNECTION, "threads", other_hook)                                       \
    ROW(worker_stop, NOT_CONNECTION, "threads", other_hook)                                        \
    ROW(worker_arg, NOT_CONNECTION, "threads", &other_object)                                      \
    ROW(max_queued, NOT_CONNECTION, "queue", 100)                                                  \
    ROW(queue_full, NOT_CONNECTION, "queue", GOFER_QUEUE_BLOCK)                                    \
    ROW(max_idle_conns, PER_CLIENT, "pool", 100)                                                   \
    ROW(max_idle_conns_per_host, PER_CLIENT, "pool", 100)                                          \
    ROW(max_conns_per_host, PER_CLIENT, "pool", 100)                                               \
    ROW(disable_keep_alives, PER_CLIENT, "pool", true)                                             \
    ROW(skip_checkout_check, PER_CLIENT, "pool", true)                                             \
    ROW(max_response_header_bytes, NOT_CONNECTION, "message", 5000)                                \
    ROW(max_body_bytes, NOT_CONNECTION, "message", 5000)                                           \
    ROW(user_agent, NOT_CONNECTION, "message", "other/1")                                          \
    ROW(headers, NOT_CONNECTION, "message", other_headers)                                         \
    ROW(headers_len, NOT_CONNECTION, "message", 2)                                                 \
    ROW(expect_continue_timeout_ms, NOT_CONNECTION, "call", 60000)                                 \
    ROW(min_rate_bytes_per_s, NOT_CONNECTION, "call", 1)                                           \
    ROW(min_rate_window_ms, NOT_CONNECTION, "call", 60000)                                         \
    ROW(fallback_delay_ms, PER_CLIENT, "dial", 100)                                                \
    ROW(local_address, PER_CLIENT, "socket", "127.0.0.1")                                          \
    ROW(interface, PER_CLIENT, "socket", "lo")                                                     \
    ROW(address_family, PER_CLIENT, "dial", GOFER_IPV4)                                            \
    ROW(socket_opened, PER_CLIENT, "socket", other_opened)                                         \
    ROW(socket_opened_arg, PER_CLIENT, "socket", &other_object)                                    \
    ROW(address_filter, PER_CLIENT, "dial", other_filter)                                          \
    ROW(address_filter_arg, PER_CLIENT, "dial", &other_object)                                     \
    ROW(dns_cache_max_ttl_ms, PER_CLIENT, "names", 5000)                                           \
    ROW(dns_stale_ms, PER_CLIENT, "names", 5000)                                                   \
    ROW(dns_servers, PER_CLIENT, "names", "192.0.2.53")                                            \
    ROW(resolve, PER_CLIENT, "names", other_resolve)                                               \
    ROW(resolve_len, PER_CLIENT, "names", 2)                                                       \
    ROW(connect_to, PER_CLIENT, "names", other_connect_to)                                         \
    ROW(connect_to_len, PER_CLIENT, "names", 2)                                                    \
    ROW(resolver, PER_CLIENT, "names", other_resolver)                                             \
    ROW(resolver_arg, PER_CLIENT, "names", &other_object)                                          \
    ROW(resolver_close, PER_CLIENT, "names", other_hook)                                           \
    ROW(tls_handshake_timeout_ms, PER_CLIENT, "dial", 60000)                                       \
    ROW(connect_timeout_covers_tls, PER_CLIENT, "dial", true)                                      \
    ROW(tls, PER_CLIENT, "TLS_OPTIONS", &other_tls)                                                \
    ROW(measure, NOT_CONNECTION, "call", true)                                                     \
    ROW(trace, NOT_CONNECTION, "call", other_trace)                                                \
    ROW(trace_arg, NOT_CONNECTION, "call", &other_object)                                          \
    ROW(trace_close, NOT_CONNECTION, "call", other_hook)                                           \
    ROW(proxy, PER_CLIENT, "dial", "")                                                             \
    ROW(no_proxy, PER_CLIENT, "dial", "other.test")                                                \
    ROW(proxy_user, PER_CLIENT, "dial", "other")                                                   \
    ROW(proxy_password, PER_CLIENT, "dial", "other")                                               \
    ROW(connect_headers, PER_CLIENT, "dial", other_headers)                                        \
    ROW(connect_headers_len, PER_CLIENT, "dial", 2)                                                \
    ROW(proxy_tls, PER_CLIENT, "TLS_OPTIONS", &other_tls)                                          \
    ROW(proxy_answered, PER_CLIENT, "dial", other_answered)                                        \
    ROW(proxy_answered_arg, PER_CLIENT, "dial", &other_object)                                     \
    ROW(disable_proxy_env, PER_CLIENT, "dial", true)                                               \
    ROW(proxy_tunnel, PER_CLIENT, "dial", true)                                                    \
    ROW(disable_decompression, NOT_CONNECTION, "message", true)                                    \
    ROW(max_decode_ratio, NOT_CONNECTION, "message", 5000)                                         \
    ROW(max_redirects, NOT_CONNECTION, "call", 5)                                                  \
    ROW(disable_redirects, NOT_CONNECTION, "call", true)                                           \
    ROW(allow_https_to_http, NOT_CONNECTION, "call", true)                                         \
    ROW(trust_redirects, NOT_CONNECTION, "message", true)                                          \
    ROW(check_redirect, NOT_CONNECTION, "call", other_check)                                       \
    ROW(check_redirect_arg, NOT_CONNECTION, "call", &other_object)                                 \
    ROW(cookie_jar, NOT_CONNECTION, "message", other_jar())                                        \
    ROW(username, NOT_CONNECTION, "message", "other")                                              \
    ROW(password, NOT_CONNECTION, "message", "other")                                              \
    ROW(bearer_token, NOT_CONNECTION, "message", "other")                                          \
    ROW(retry_attempts, NOT_CONNECTION, "call", 3)                                                 \
    ROW(retry_delay_ms, NOT_CONNECTION, "call", 5)                                                 \
    ROW(retry_max_delay_ms, NOT_CONNECTION, "call", 5)                                             \
    ROW(retry_max_after_ms, NOT_CONNECTION, "call", 5)                                             \
    ROW(retry_max_time_ms, NOT_CONNECTION, "call", 5)                                              \
    ROW(retry_on, NOT_CONNECTION, "call", GOFER_RETRY_STATUS)                                      \
    ROW(retry_statuses, NOT_CONNECTION, "call", other_statuses)                                    \
    ROW(retry_statuses_len, NOT_CONNECTION, "call", 2)                                             \
    ROW(retry_unsafe, NOT_CONNECTION, "call", true)                                                \
    ROW(retry_no_jitter, NOT_CONNECTION, "call", true)                                             \
    ROW(retry_budget_percent, NOT_CONNECTION, "call", 5)                                           \
    ROW(retry_budget_min, NOT_CONNECTION, "call", 5)                                               \
    ROW(log, NOT_CONNECTION, "log", other_log)                                                     \
    ROW(log_arg, NOT_CONNECTION, "log", &other_object)                                             \
    ROW(log_level, NOT_CONNECTION, "log", GOFER_LOG_DEBUG)                                         \
    ROW(option_error, NOT_CONNECTION, "log", &other_option_error)                                  \
    ROW(local_port, PER_CLIENT, "socket", (options->local_port_last = 65535, 32768))               \
    ROW(local_port_last, PER_CLIENT, "socket", (options->local_port = 32768, 65535))               \
    ROW(disable_tcp_nodelay, PER_CLIENT, "socket", true)                                           \
    ROW(proxy_protocol, PER_CLIENT, "dial", true)                                                  \
    ROW(proxy_protocol_address, PER_CLIENT, "dial", (options->proxy_protocol = true, "192.0.2.1")) \
    ROW(preproxy, PER_CLIENT, "dial", "")                                                          \
    ROW(connect_http_1_0, PER_CLIENT, "dial", true)                                                \
    ROW(proxy_headers, NOT_CONNECTION, "message", other_headers)                                   \
    ROW(proxy_headers_len, NOT_CONNECTION, "message", 2)

/* gofer_tls_options. ROW(member, scope, what it is about, how to change it in `tls`). They are in
 * the sessions' key as well, as the generation of what was made of them (net/tls_session.h). */
#define TLS_OPTIONS(ROW)                                                                           \
    ROW(ca_file, PER_CLIENT, "trust", tls->ca_file = "other")                                      \
    ROW(ca_dir, PER_CLIENT, "trust", tls->ca_dir = "other")                                        \
    ROW(ca_pem, PER_CLIENT, "trust", tls->ca_pem = "other")                                        \
    ROW(add_system_store, PER_CLIENT, "trust", tls->add_system_store = true)                       \
    ROW(crl_file, PER_CLIENT, "trust", tls->crl_file = "other")                                    \
    ROW(pins, PER_CLIENT, "trust", tls->pins = other_pin)                                          \
    ROW(verify, PER_CLIENT, "trust", tls->verify = GOFER_TLS_VERIFY_CHAIN_ONLY)                    \
    ROW(cert_file, PER_CLIENT, "identity", tls->cert_file = "other")                               \
    ROW(cert_pem, PER_CLIENT, "identity", (tls->cert_file = NULL, tls->cert_pem = "other"))        \
    ROW(key_file, PER_CLIENT, "identity", tls->key_file = "other")                                 \
    ROW(key_pem, PER_CLIENT, "identity", tls->key_pem = "other")                                   \
    ROW(key_password, PER_CLIENT, "identity", tls->key_password = "other")                         \
    ROW(server_name, PER_CLIENT, "trust", tls->server_name = "other.test")                         \
    ROW(alpn, PER_CLIENT, "protocol", tls->alpn = "")                                              \
    ROW(min_version, PER_CLIENT, "protocol", tls->min_version = GOFER_TLS_1_3)                     \
    ROW(max_version, PER_CLIENT, "protocol", tls->max_version = GOFER_TLS_1_2)                     \
    ROW(ciphers, PER_CLIENT, "protocol", tls->ciphers = "other")                                   \
    ROW(ciphersuites, PER_CLIENT, "protocol", tls->ciphersuites = "other")                         \
    ROW(disable_resumption, PER_CLIENT, "protocol", tls->disable_resumption = true)                \
    ROW(keylog_file, PER_CLIENT, "connection", tls->keylog_file = "other")                         \
    ROW(ssl_ctx, PER_CLIENT, "all", tls->ssl_ctx = other_ssl_ctx)                                  \
    ROW(ssl_ctx_arg, PER_CLIENT, "all", tls->ssl_ctx_arg = &other_object)                          \
    ROW(pin_file, PER_CLIENT, "trust", tls->pin_file = "other")                                    \
    ROW(cert_format, PER_CLIENT, "identity", tls->cert_format = GOFER_TLS_P12)                     \
    ROW(key_format, PER_CLIENT, "identity",                                                        \
        (tls->key_file = "other", tls->key_format = GOFER_TLS_DER))

/* struct snapshot. ROW(member, scope, what it is about, its zero, how to change it in `request`).
 */
#define REQUEST_OPTIONS(ROW)                                                                       \
    ROW(status, DERIVED, "error", 0, (void)0)                                                      \
    ROW(why, DERIVED, "error", 0, (void)0)                                                         \
    ROW(method, NOT_CONNECTION, "message", 0, request = other_method(request, url))                \
    ROW(url, DERIVED, "URL_PARTS", {0}, (void)0)                                                   \
    ROW(shown_url, DERIVED, "error", 0, (void)0)                                                   \
    ROW(headers, NOT_CONNECTION, "message", {0},                                                   \
        gofer_request_set_header(request, "X-Other", "1"))                                         \
    ROW(source, NOT_CONNECTION, "message", 0, gofer_request_set_body(request, "other", 5))         \
    ROW(trailers, NOT_CONNECTION, "message", {0},                                                  \
        (gofer_request_set_body(request, "b", 1),                                                  \
         gofer_request_add_trailer(request, "X-Other", "1")))                                      \
    ROW(timeout_ms, NOT_CONNECTION, "call", 0, gofer_request_set_timeout_ms(request, 60000))       \
    ROW(cancel, NOT_CONNECTION, "call", 0, gofer_request_set_cancel(request, other_cancel))        \
    ROW(idempotent, NOT_CONNECTION, "call", 0, gofer_request_set_idempotent(request, 1))           \
    ROW(streaming, NOT_CONNECTION, "call", 0, gofer_request_set_streaming(request, 1))             \
    ROW(decoding, NOT_CONNECTION, "message", 0, gofer_request_set_decompression(request, 0))       \
    ROW(progress, NOT_CONNECTION, "call", 0,                                                       \
        gofer_request_set_progress(request, other_progress, NULL))                                 \
    ROW(progress_arg, DERIVED, "progress", 0, (void)0)                                             \
    ROW(user, NOT_CONNECTION, "call", 0, gofer_request_set_user(request, &other_object))           \
    ROW(attempts, NOT_CONNECTION, "call", 0, gofer_request_set_attempts(request, 3))               \
    ROW(trace, NOT_CONNECTION, "call", 0,                                                          \
        gofer_request_set_trace(request, other_trace, NULL, NULL))                                 \
    ROW(unix_socket, IN_KEY, "dial", NULL, gofer_request_set_unix_socket(request, other_path))     \
    ROW(tls_name, IN_KEY, "dial", NULL, gofer_request_set_tls_server_name(request, "other.test"))  \
    ROW(proxy_chosen, DERIVED, "proxy", 0, (void)0)                                                \
    ROW(proxy, IN_KEY, "PROXY_PARTS", {0}, gofer_request_set_proxy(request, other_proxy))          \
    ROW(follow, NOT_CONNECTION, "call", 0, gofer_request_set_follow_redirects(request, 0))         \
    ROW(max_redirects, NOT_CONNECTION, "call", 0, gofer_request_set_max_redirects(request, 5))     \
    ROW(keep, NOT_CONNECTION, "message", {0},                                                      \
        gofer_request_set_redirect_keep(request, 301, GOFER_KEEP_ALL))                             \
    ROW(auto_referer, NOT_CONNECTION, "message", 0, gofer_request_set_auto_referer(request, 1))    \
    ROW(secrets, NOT_CONNECTION, "message", {0}, gofer_request_mark_secret(request, "X-Other"))    \
    ROW(wire, NOT_CONNECTION, "message", NULL, gofer_request_set_wire(request, &other_wire))       \
    ROW(path, DERIVED, "wire", NULL, (void)0)                                                      \
    ROW(no_cookies, NOT_CONNECTION, "message", 0, gofer_request_disable_cookies(request, 1))       \
    ROW(hops, DERIVED, "URL_PARTS", NULL, (void)0)                                                 \
    ROW(prepared, DERIVED, "head", NULL, (void)0)                                                  \
    ROW(gap, DERIVED, "count", {{0}}, (void)0)                                                     \
    ROW(refs, DERIVED, "count", {0}, (void)0)

/* struct url. ROW(member, scope, what it is about, two URLs that differ in nothing else). */
#define URL_PARTS(ROW)                                                                             \
    ROW(scheme, IN_KEY, "dial", "http://h:80/", "https://h:80/")                                   \
    ROW(user, NOT_CONNECTION, "message", "http://a:p@h/", "http://b:p@h/")                         \
    ROW(password, NOT_CONNECTION, "message", "http://a:p@h/", "http://a:q@h/")                     \
    ROW(host, IN_KEY, "dial", "http://a.test/", "http://b.test/")                                  \
    ROW(zone, IN_KEY, "dial", "http://[fe80::1%251]/", "http://[fe80::1%252]/")                    \
    ROW(authority, DERIVED, "host", "http://h/", "http://h:80/")                                   \
    ROW(target, NOT_CONNECTION, "message", "http://h/a", "http://h/b?c")                           \
    ROW(fragment, NOT_CONNECTION, "none", "http://h/#a", "http://h/#b")                            \
    ROW(port, IN_KEY, "dial", "http://h:81/", "http://h:82/")                                      \
    ROW(port_given, DERIVED, "port", "http://h/", "http://h:80/")                                  \
    ROW(host_kind, DERIVED, "host", "http://h/", "http://H/")

/* struct proxy. ROW(member, scope, what it is about, two proxies that differ in nothing else). */
#define PROXY_PARTS(ROW)                                                                           \
    ROW(kind, IN_KEY, "protocol", "http://h:1", "https://h:1")                                     \
    ROW(user, IN_KEY, "credentials", "http://a:p@h", "http://b:p@h")                               \
    ROW(password, IN_KEY, "credentials", "http://a:p@h", "http://a:q@h")                           \
    ROW(host, IN_KEY, "dial", "http://a.test", "http://b.test")                                    \
    ROW(zone, IN_KEY, "dial", "http://[fe80::1%251]", "http://[fe80::1%252]")                      \
    ROW(port, IN_KEY, "dial", "http://h:1", "http://h:2")                                          \
    ROW(host_kind, DERIVED, "host", "http://h", "http://H")

#endif
