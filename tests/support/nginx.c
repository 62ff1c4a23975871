/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See nginx.h.
 */
#include "support/nginx.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/child.h"
#include "support/gate.h"

struct nginx {
    pid_t pid;
    uint16_t port;
    bool tls;
    size_t sites;
    char binary[PATH_MAX];
    char folder[64];
};

static const char configuration[] = "daemon off;\n"
                                    "master_process off;\n"
                                    "pid pid;\n"
                                    "error_log error.log;\n"
                                    "worker_rlimit_nofile 8192;\n"
                                    "events { worker_connections 4096; }\n"
                                    "http {\n"
                                    "  access_log off;\n"
                                    "  client_body_temp_path body;\n"
                                    "  proxy_temp_path proxy;\n"
                                    "  fastcgi_temp_path fastcgi;\n"
                                    "  uwsgi_temp_path uwsgi;\n"
                                    "  scgi_temp_path scgi;\n"
                                    "  keepalive_requests 100000000;\n"
                                    "  keepalive_timeout 120s;\n"
                                    "  sendfile on;\n"
                                    "  tcp_nodelay on;\n"
                                    "  default_type text/plain;\n"
                                    "  server {\n"
                                    "    listen 127.0.0.1:%u%s backlog=4096;\n"
                                    "%s"
                                    "    root www;\n"
                                    "    location = /hello { return 200 \"Hello, world\\n\"; }\n"
                                    "  }\n"
                                    "  include sites.conf;\n"
                                    "}\n";

static const char tls_configuration[] = "    ssl_certificate cert.pem;\n"
                                        "    ssl_certificate_key key.pem;\n"
                                        "    ssl_protocols TLSv1.2 TLSv1.3;\n"
                                        "    ssl_session_cache shared:tls:1m;\n";

static const char site_configuration[] =
    "  server {\n"
    "    listen unix:%s/s%zu ssl;\n"
    "    ssl_certificate s%zu.pem;\n"
    "    ssl_certificate_key s%zu.key;\n"
    "    ssl_protocols TLSv1.2 TLSv1.3;\n"
    "    root www;\n"
    "    location = /hello { return 200 \"Hello, world\\n\"; }\n";

/* For what OpenSSL would not show by itself. */
static const char lax_openssl[] = "openssl_conf = c\n[c]\nssl_conf = s\n[s]\n"
                                  "system_default = d\n[d]\nCipherString = DEFAULT@SECLEVEL=0\n";

static bool accepts(const struct sockaddr *addr, socklen_t len)
{
    int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, addr, len) == 0;

    close(fd);
    return ok;
}

static bool port_answers(const struct nginx *nginx)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(nginx->port)};

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return accepts((struct sockaddr *)&addr, sizeof addr);
}

/* The last of them, which nginx opens last. */
static bool sites_answer(const struct nginx *nginx)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    if (nginx->sites == 0)
        return true;
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s/s%zu", nginx->folder, nginx->sites - 1);
    return accepts((struct sockaddr *)&addr, sizeof addr);
}

static FILE *create(const struct nginx *nginx, const char *name)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", nginx->folder, name);
    return fopen(path, "we");
}

static bool write_text(const struct nginx *nginx, const char *name, const char *text)
{
    FILE *file = create(nginx, name);

    if (file == NULL)
        return false;
    fputs(text, file);
    return fclose(file) == 0;
}

/* A file of the site with that ending. */
static bool write_site_file(const struct nginx *nginx, size_t i, const char *ending,
                            const char *text)
{
    char name[32];

    snprintf(name, sizeof name, "s%zu.%s", i, ending);
    return write_text(nginx, name, text);
}

static bool write_site(const struct nginx *nginx, FILE *conf, size_t i,
                       const struct nginx_site *site)
{
    fprintf(conf, site_configuration, nginx->folder, i, i, i);
    if (site->client_ca_pem != NULL)
        fprintf(conf, "    ssl_verify_client on;\n    ssl_client_certificate s%zu.ca;\n", i);
    if (site->client_ca_pem != NULL)
        fputs("    ssl_verify_depth 3;\n", conf);
    fputs("  }\n", conf);
    return write_site_file(nginx, i, "pem", site->cert_pem) &&
           write_site_file(nginx, i, "key", site->key_pem) &&
           (site->client_ca_pem == NULL || write_site_file(nginx, i, "ca", site->client_ca_pem));
}

static bool write_sites(const struct nginx *nginx, const struct nginx_site *sites, size_t n)
{
    FILE *conf = create(nginx, "sites.conf");
    bool ok = conf != NULL && write_text(nginx, "openssl.cnf", lax_openssl);

    for (size_t i = 0; i < n && ok; i++)
        ok = write_site(nginx, conf, i, &sites[i]);
    return conf != NULL && fclose(conf) == 0 && ok;
}

static bool write_configuration(const struct nginx *nginx)
{
    FILE *file = create(nginx, "nginx.conf");

    if (file == NULL)
        return false;
    fprintf(file, configuration, nginx->port, nginx->tls ? " ssl" : "",
            nginx->tls ? tls_configuration : "");
    return fclose(file) == 0;
}

static void run(const struct nginx *nginx)
{
    int null = open("/dev/null", O_RDWR);
    char openssl[128];

    snprintf(openssl, sizeof openssl, "%s/openssl.cnf", nginx->folder);
    setenv("OPENSSL_CONF", openssl, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execl(nginx->binary, nginx->binary, "-p", nginx->folder, "-c", "nginx.conf", (char *)NULL);
    _exit(127);
}

static void stop_child(struct nginx *nginx, int signal)
{
    if (nginx->pid > 0) {
        kill(nginx->pid, signal);
        waitpid(nginx->pid, NULL, 0);
    }
    nginx->pid = 0;
}

/* Starts the child on its port; false where it ended. */
static bool launch(struct nginx *nginx)
{
    int64_t until = now_ms() + PATIENCE_MS;

    if (!write_configuration(nginx))
        return false;
    nginx->pid = fork();
    if (nginx->pid == 0)
        run(nginx);
    while (nginx->pid > 0 && now_ms() < until) {
        if (waitpid(nginx->pid, NULL, WNOHANG) != 0) {
            nginx->pid = 0;
            return false;
        }
        if (port_answers(nginx) && sites_answer(nginx))
            return true;
        pass_ms(5);
    }
    stop_child(nginx, SIGKILL);
    return false;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info;
    (void)kind;
    (void)walk;
    return remove(path);
}

static bool make_folder(struct nginx *nginx)
{
    char www[128];

    strcpy(nginx->folder, "/tmp/gofer-nginx-XXXXXX");
    if (mkdtemp(nginx->folder) == NULL) {
        nginx->folder[0] = '\0';
        return false;
    }
    snprintf(www, sizeof www, "%s/www", nginx->folder);
    return mkdir(www, 0755) == 0 && nginx_file(nginx, "16k", 16 * 1024) &&
           nginx_file(nginx, "1m", 1024 * 1024);
}

/* cert_pem and key_pem NULL: the main port is plain. */
static struct nginx *start(const char *cert_pem, const char *key_pem,
                           const struct nginx_site *sites, size_t n)
{
    struct nginx *nginx = calloc(1, sizeof *nginx);

    if (nginx == NULL)
        abort();
    nginx->tls = cert_pem != NULL;
    nginx->sites = n;
    if (child_find("nginx", nginx->binary) && make_folder(nginx) && write_sites(nginx, sites, n) &&
        (cert_pem == NULL ||
         (write_text(nginx, "cert.pem", cert_pem) && write_text(nginx, "key.pem", key_pem)))) {
        for (int attempt = 0; attempt < 5; attempt++) {
            int port = child_hold_port(&nginx->port);
            bool runs = launch(nginx);
            close(port);
            if (runs)
                return nginx;
        }
        fprintf(stderr, "\n    %s does not start\n", nginx->binary);
    }
    nginx_stop(nginx);
    return NULL;
}

struct nginx *nginx_start(void)
{
    return start(NULL, NULL, NULL, 0);
}

struct nginx *nginx_start_tls(const char *cert_pem, const char *key_pem)
{
    return start(cert_pem, key_pem, NULL, 0);
}

struct nginx *nginx_start_sites(const struct nginx_site *sites, size_t n)
{
    return start(NULL, NULL, sites, n);
}

const char *nginx_site_socket(const struct nginx *nginx, size_t site, char *buf)
{
    snprintf(buf, NGINX_URL_BYTES, "%s/s%zu", nginx->folder, site);
    return buf;
}

void nginx_stop(struct nginx *nginx)
{
    if (nginx == NULL)
        return;
    stop_child(nginx, SIGTERM);
    if (nginx->folder[0] != '\0')
        nftw(nginx->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    free(nginx);
}

uint16_t nginx_port(const struct nginx *nginx)
{
    return nginx->port;
}

const char *nginx_url(const struct nginx *nginx, const char *path, char *buf)
{
    snprintf(buf, NGINX_URL_BYTES, "%s://127.0.0.1:%u%s", nginx->tls ? "https" : "http",
             nginx->port, path);
    return buf;
}

bool nginx_file(const struct nginx *nginx, const char *name, size_t len)
{
    char path[256], block[26 * 256];
    FILE *file;

    for (size_t i = 0; i < sizeof block; i++)
        block[i] = nginx_byte(i);
    snprintf(path, sizeof path, "%s/www/%s", nginx->folder, name);
    file = fopen(path, "we");
    if (file == NULL)
        return false;
    for (size_t left = len, n; left > 0; left -= n) {
        n = left < sizeof block ? left : sizeof block;
        if (fwrite(block, 1, n, file) != n)
            break;
    }
    return fclose(file) == 0;
}
