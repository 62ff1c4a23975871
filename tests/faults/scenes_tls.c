/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scenes: TLS and its settings.
 */
#include <string.h>

#include "faults/play.h"
#include "faults/stage.h"

static void get(struct stage *stage, const gofer_tls_options *tls)
{
    gofer_response *response = NULL;
    gofer_status status;

    if (stage_client(stage, &(gofer_client_options){.tls = tls}) == NULL)
        return;
    status = gofer_get(stage->client, stage_url(stage, "/hello"), &response);
    stage_answer(stage, status, response, "hello");
}

static void look_at_certificate(struct stage *stage, const gofer_response *response)
{
    gofer_certificate *certificate = gofer_response_certificate(response);

    HOLDS(stage, certificate != NULL);
    if (certificate != NULL) {
        /* A list that OpenSSL does not understand names nobody. */
        HOLDS(stage, strstr(certificate->hosts, "good.test") != NULL);
        MUST(stage, strncmp(certificate->pem, "-----BEGIN", 10) == 0);
    }
    gofer_certificate_free(certificate);
}

PLAY(certificate)
{
    gofer_request *request = stage_request(stage, "GET", "/hello");
    gofer_response *response = NULL;
    gofer_status status;

    STEP(stage, gofer_request_set_tls_server_name(request, "good.test"));
    if (stage_client(stage, NULL) != NULL) {
        status = gofer_do(stage->client, request, &response);
        if (status == GOFER_OK) {
            MUST(stage, gofer_response_tls_version(response) != NULL);
            MUST(stage, gofer_response_tls_cipher(response) != NULL);
            MUST(stage, gofer_response_tls_resumed(response) == 0);
            MUST(stage, strncmp(gofer_response_url(response), "https://", 8) == 0);
            look_at_certificate(stage, response);
        }
        stage_answer(stage, status, response, "hello");
    }
    gofer_request_free(request);
}

PLAY(tls_files)
{
    const struct servers *servers = stage->servers;
    const gofer_tls_options tls = {.ca_file = stage_file(stage, "ca.pem", servers->ca_pem),
                                   .crl_file = stage_file(stage, "crl.pem", servers->crl_pem),
                                   .cert_file = stage_file(stage, "cert.pem", servers->cert_pem),
                                   .key_file = stage_file(stage, "key.pem", servers->key_pem),
                                   .keylog_file = stage_path(stage, "keys.log"),
                                   .add_system_store = true};

    get(stage, &tls);
}

PLAY(tls_identity)
{
    const struct servers *servers = stage->servers;
    const gofer_tls_options tls = {.ca_pem = servers->ca_pem,
                                   .cert_pem = servers->cert_pem,
                                   .key_pem = servers->key_pem,
                                   .pins = servers->pin,
                                   .server_name = "good.test",
                                   .alpn = "http/1.1",
                                   .min_version = GOFER_TLS_1_2,
                                   .max_version = GOFER_TLS_1_2,
                                   .ciphers = "HIGH",
                                   .ciphersuites = "TLS_AES_128_GCM_SHA256"};

    get(stage, &tls);
}

PLAY(tls_resumed)
{
    gofer_response *response = NULL;
    gofer_status status;

    get(stage, NULL);
    if (stage->client == NULL)
        return;
    gofer_client_close_idle(stage->client);
    status = gofer_get(stage->client, stage_url(stage, "/hello"), &response);
    HOLDS(stage, gofer_response_tls_resumed(response) == 1);
    stage_answer(stage, status, response, "hello");
}

PLAY(tls_refused)
{
    gofer_request *request = stage_request(stage, "GET", "/hello");
    gofer_response *response = NULL;
    gofer_status status;

    STEP(stage, gofer_request_set_tls_server_name(request, "else.test"));
    if (stage_client(stage, NULL) != NULL) {
        status = gofer_do(stage->client, request, &response);
        stage_error(stage, status, response, GOFER_ERR_CERTIFICATE);
    }
    gofer_request_free(request);
}
