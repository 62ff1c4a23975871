# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# The servers that run measures against: one nginx with many workers, one that
# shares a processor with a single caller, one with TLS, and the bench program's
# own origin that answers late. Read by `run`, which kills what $servers names.

# write_config DIRECTORY PORT WORKERS
write_config() {
    cat >"$1/nginx.conf" <<END
daemon off;
worker_processes $3;
pid $1/nginx.pid;
error_log $1/error.log warn;
events { worker_connections 4096; }
http {
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    tcp_nodelay on;
    client_body_temp_path $1/body;
    proxy_temp_path $1/proxy;
    fastcgi_temp_path $1/fastcgi;
    uwsgi_temp_path $1/uwsgi;
    scgi_temp_path $1/scgi;
    server {
        listen 127.0.0.1:$2 backlog=4096;
        root $1;
        open_file_cache max=16;
        location = /hello { default_type text/plain; return 200 "Hello, world!"; }
        location = /once { keepalive_timeout 0; default_type text/plain; return 200 "Hello, world!"; }
    }
    include $1/tls*.conf;
}
END
    head -c 16384 /dev/zero >"$1/16k"
}

# write_tls_config DIRECTORY PORT: the same over TLS, with a certificate of its own; /big holds a
# connection until it is read.
write_tls_config() {
    cat >"$1/tls.conf" <<END
server {
    listen 127.0.0.1:$2 ssl backlog=4096;
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:8m;
    root $1;
    location = /once { keepalive_timeout 0; default_type text/plain; return 200 "Hello, world!"; }
}
END
    head -c 65536 /dev/zero >"$1/big"
    make_certificate "$1"
}

# make_certificate DIRECTORY: cert.pem and key.pem there, for 127.0.0.1.
make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj /CN=bench -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$1/key.pem" -out "$1/cert.pem" 2>/dev/null
    chmod 644 "$1/key.pem"
}

# answers PID URL: whether the server comes to answer
answers() {
    for tick in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        "$bench" raw --url "$2" --threads 1 --requests 1 >/dev/null 2>&1 && return
        kill -0 "$1" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

# start_nginx NAME WORKERS [COMMAND...]: sets origin to the URL. The port that the kernel picks may
# be taken before nginx binds it: another is tried then.
start_nginx() {
    home=$scratch/$1
    workers=$2
    shift 2
    mkdir "$home"
    chmod 755 "$home"
    for attempt in 1 2 3 4 5; do
        port=$("$bench" free_port)
        origin=http://127.0.0.1:$port/hello
        write_config "$home" "$port" "$workers"
        if [ -n "$with_tls" ]; then
            tls_port=$("$bench" free_port)
            write_tls_config "$home" "$tls_port"
        fi
        "$@" nginx -p "$home" -c nginx.conf -e "$home/error.log" >/dev/null 2>&1 &
        servers="$servers $!"
        answers "$!" "$origin" && return
        kill "$!" 2>/dev/null || :
    done
    echo "$0: nginx does not start:" >&2
    cat "$home/error.log" >&2
    exit 1
}

# Alone with its server, a caller waits for wake-ups, and what these cost depends on whether both
# happen to be on one processor: several times as much where not. So they are put on one ($solo), or
# on two ($apart).
start_servers() {
    start_nginx many "$nginx_workers"
    url=$origin
    solo_url=$origin
    have taskset || return 0
    solo='taskset -c 0'
    [ "$(nproc)" = 1 ] || apart='taskset -c 1'
    start_nginx solo 1 $solo
    solo_url=$origin
}

# Sets late_url, of an origin that answers after two seconds.
start_late_origin() {
    "$bench" origin >"$scratch/late_port" &
    servers="$servers $!"
    for tick in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        [ -s "$scratch/late_port" ] && break
        sleep 0.1
    done
    late_url="http://127.0.0.1:$(cat "$scratch/late_port")/after?2000"
}

stop_servers() {
    for server in $servers; do
        kill "$server" 2>/dev/null || :
        wait "$server" 2>/dev/null || :
    done
}
