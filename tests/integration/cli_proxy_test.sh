#!/bin/sh
# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# The gofer command's options about proxies, held against proxies (cli_proxy.c)
# before a server (cli_origin.c), and about names and addresses: bytes, exit codes, messages, -v. Where curl is
# installed the same command lines are given to both, and both must bring the same
# bytes and the same exit code.
set -u
# shellcheck source=tests/integration/cli_scene.sh
. "$(dirname "$0")/cli_scene.sh"
serve_origin
origin=${host#*:}
serve 8 ports cli_proxy
read -r http socks http_login socks_login dns <ports
# A name that nothing here looks up: the proxies know only 127.0.0.1.
url=http://far.test:$origin/hello

both_get() {
    gets "$@"
    same_as_curl "$@"
}

# tells FILE WORDS
tells() {
    if grep -qF -e "$2" "$1"; then pass; else fail "no '$2' in $1" "$(cat "$1")"; fi
}

# --- which proxy -------------------------------------------------------------

both_get -x "http://127.0.0.1:$http" "$url"
both_get --proxy "127.0.0.1:$http" "$url"
both_get -p -x "127.0.0.1:$http" "$url"
both_get --proxytunnel --proxy "127.0.0.1:$http" "$url"
both_get -x "socks5h://127.0.0.1:$socks" "$url"
both_get --socks5-hostname "127.0.0.1:$socks" "$url"
gets --socks5 "127.0.0.1:$socks" "$url"
both_get --socks4a "127.0.0.1:$socks" "$url"
both_get --preproxy "socks5h://127.0.0.1:$socks" -x "127.0.0.1:$http" "$url"
both_get --preproxy "socks5h://127.0.0.1:$socks" -p -x "127.0.0.1:$http" "$url"
both_get --preproxy "socks5h://127.0.0.1:$socks" "$url"
both_get --proxy1.0 "127.0.0.1:$http" -p "$url"
both_get -x "127.0.0.1:$http" --proxy-header 'X-Team: blue' "$url"
both_get --socks4 "127.0.0.1:$socks" "http://127.0.0.1:$origin/hello"
refused 6 'Could not resolve host: far.test' --socks4 "127.0.0.1:$socks" "$url"

http_proxy=http://127.0.0.1:$http both_get "$url"
HTTP_PROXY=http://127.0.0.1:$http refused 6 'Could not resolve host: far.test' "$url"
http_proxy=http://127.0.0.1:1 both_get -x "127.0.0.1:$http" "$url"
http_proxy=http://127.0.0.1:1 both_get --noproxy far.test --resolve "far.test:$origin:127.0.0.1" \
    "$url"
http_proxy=http://127.0.0.1:1 both_get -x '' --resolve "far.test:$origin:127.0.0.1" "$url"
both_get -x 127.0.0.1:1 --noproxy '*' --resolve "far.test:$origin:127.0.0.1" "$url"

# Each hop of a redirect, the proxy as well.
both_get -L -x "127.0.0.1:$http" "http://far.test:$origin/302"
both_get -L --socks5-hostname "127.0.0.1:$socks" "http://far.test:$origin/302"
both_get -L -p -U me:secret -x "127.0.0.1:$http_login" "http://far.test:$origin/302"

# --- credentials -------------------------------------------------------------

both_get -x "http://me:secret@127.0.0.1:$http_login" "$url"
both_get -U me:secret -x "127.0.0.1:$http_login" "$url"
both_get -p --proxy-user me:secret -x "127.0.0.1:$http_login" "$url"
both_get --proxy-user me:secret --socks5-hostname "127.0.0.1:$socks_login" "$url"
both_get -x "socks5h://me:secret@127.0.0.1:$socks_login" "$url"
http_proxy=127.0.0.1:$http_login gets -U me:secret "$url"
refused 56 'CONNECT tunnel failed, response 407' -p -x "http://me:guess@127.0.0.1:$http_login" "$url"
same_as_curl -p -x "http://me:guess@127.0.0.1:$http_login" "$url"
lacks 'a password' err guess
refused 97 'SOCKS5 proxy: refused the user or the password' -U me:guess \
    --socks5-hostname "127.0.0.1:$socks_login" "$url"
same_as_curl -U me:guess --socks5-hostname "127.0.0.1:$socks_login" "$url"
both_get --socks5-basic -U me:secret --socks5-hostname "127.0.0.1:$socks_login" "$url"
refused 97 'SOCKS5 proxy: wants a user and a password' --socks5 "127.0.0.1:$socks_login" "$url"

# --- no proxy ----------------------------------------------------------------

refused 7 'Failed to connect to 127.0.0.1 port 1 after' -x 127.0.0.1:1 "$url"
same_as_curl -x 127.0.0.1:1 "$url"
refused 5 'Could not resolve proxy: proxy.onion' -x proxy.onion:1 "$url"

# The port where none is said; nobody can be connected to there.
nobody=255.255.255.255
refused 7 "Failed to connect to $nobody port 1080 after" -x $nobody "$url"
same_as_curl -x $nobody "$url"
refused 7 "Failed to connect to $nobody port 1080 after" -x "http://me:p:@$nobody/" "$url"
refused 7 "Failed to connect to ff0e::1 port 1080 after" -x 'HTTP://[ff0e::1]' "$url"
refused 7 "Failed to connect to $nobody port 80 after" -x "http://$nobody:80" "$url"
refused 7 "Failed to connect to $nobody port 443 after" -x "https://$nobody" "$url"
refused 7 "Failed to connect to $nobody port 1080 after" --socks5 $nobody "$url"
http_proxy=$nobody refused 7 "Failed to connect to $nobody port 1080 after" "$url"

refused 7 'Unsupported proxy scheme: unsupported proxy scheme "ftp"' -x 'ftp://me:secret@127.0.0.1' "$url"
refused 5 'Unsupported proxy syntax: ' -x 'http://me:secret@127.0.0.1:99999' "$url"
lacks 'a password' err secret
http_proxy=ftp://127.0.0.1 refused 2 'http_proxy in the environment: unsupported proxy scheme' "$url"

# With --connect-to all go through tunnels, named there or not.
run -v -x "127.0.0.1:$http" --connect-to other.test:1:nowhere.test:1 "$url"
tells err "> CONNECT far.test:$origin HTTP/1.1"
tells out hello

# --- names and addresses -----------------------------------------------------

refused 6 'Could not resolve host: four.test' "http://four.test:$origin/hello"
gets --dns-servers "127.0.0.1:$dns" "http://four.test:$origin/hello"
gets --dns-servers "127.0.0.1:1,127.0.0.1:$dns" "http://four.test:$origin/hello"
refused 6 'Could not resolve host: five.test' --dns-servers "127.0.0.1:$dns" "http://five.test:$origin/hello"
gets -4 --dns-servers "127.0.0.1:$dns" "http://four.test:$origin/hello"
refused 6 'Could not resolve host: four.test' -6 --dns-servers "127.0.0.1:$dns" "http://four.test:$origin/hello"
refused 6 'Could not resolve host: six.test' -4 --dns-servers "127.0.0.1:$dns" "http://six.test:$origin/hello"
refused 7 'Failed to connect to six.test port 1 after' -6 --dns-servers "127.0.0.1:$dns" http://six.test:1/
refused 2 'dns_servers: ' --dns-servers nonsense "$url"
for address in 192.0.2.7 2001:db8::7; do
    run --haproxy-clientip $address "http://127.0.0.1:$origin/echo"
    tells out " $address "
    tells out 'GET /echo HTTP/1.1'
done
run --haproxy-clientip 192.0.2.7 "http://127.0.0.1:$origin/echo"
tells out 'PROXY TCP4 192.0.2.7 '
refused 2 'proxy_protocol_address: ' --haproxy-clientip nonsense "$url"

# --- what -v tells -----------------------------------------------------------

run -v -p -x "http://me:secret@127.0.0.1:$http_login" "$url"
tells err "* Connected to 127.0.0.1 (127.0.0.1:$http_login)"
tells err "> CONNECT far.test:$origin HTTP/1.1"
tells err '> Proxy-Authorization: ***'
tells err '< HTTP/1.1 200 Connection established'
tells err '< Via: 1.1 test'
lacks 'a password' err secret

summary
