# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Read by the tests of the gofer command as their first act, under set -u: $gofer,
# an empty directory to be in and to be at home in, servers that end with the test,
# and words to say what is wanted. Such a test prints each failure and a summary
# (`summary`, its last act); it exits 0, 1, or 77 where something is missing.

test=$(basename "$0" .sh)
builddir=$(cd "${GOFER_BUILDDIR:-.}" && pwd)
gofer=$builddir/gofer

# skipped WHY
skipped() {
    echo "$test: skipped, $1"
    exit 77
}

[ -x "$gofer" ] || skipped 'there is no gofer command'
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
unset REQUEST_METHOD SSL_CERT_FILE SSL_CERT_DIR CURL_CA_BUNDLE
work=$(mktemp -d)
cd "$work" || exit 1
export HOME="$work"
at_end= # a command that ends what a test has begun
trap 'exec 8>&- 9>&-; $at_end; cd /; rm -rf "$work"' EXIT
passed=0
failures=0

# The servers live until this shell closes descriptors 8 and 9, at its own end at the latest.
mkfifo hold_8 hold_9

# serve DESCRIPTOR FILE PROGRAM ARGS: begins a server of the tests, which lives as long as the
# descriptor, 8 or 9; waits for a line in FILE.
serve() {
    fd=$1 file=$2 program=$3
    shift 3
    "$builddir/$program" "$@" <"hold_$fd" >"$file" 8>&- 9>&- &
    eval "exec $fd>hold_$fd"
    while [ ! -s "$file" ]; do sleep 0.01; done
}

# serve_origin: cli_origin.c, at $host and $url.
serve_origin() {
    serve 9 port cli_origin
    host=127.0.0.1:$(cat port)
    url=http://$host
}

fail() {
    failures=$((failures + 1))
    echo "$test: FAILED: $1"
    shift
    printf '    %s\n' "$@"
}

pass() {
    passed=$((passed + 1))
}

# run ARGS: leaves code, out and err behind.
run() {
    "$gofer" "$@" >out 2>err </dev/null 8>&- 9>&-
    code=$?
}

# ended NAME CODE: the last command's exit code, in $code.
ended() {
    if [ "$code" = "$2" ]; then pass; else fail "$1: exit code $code, not $2" "$(cat err)"; fi
}

# holds NAME FILE PATTERN, lacks NAME FILE PATTERN, empty NAME FILE, absent NAME FILE: about what
# the last run left.
holds() {
    if grep -q -e "$3" "$2"; then pass; else fail "$1: no '$3' in $2" "$(cat "$2")"; fi
}

lacks() {
    if grep -q -e "$3" "$2"; then fail "$1: '$3' in $2" "$(cat "$2")"; else pass; fi
}

empty() {
    if [ ! -s "$2" ]; then pass; else fail "$1: $2 is not empty" "$(cat "$2")"; fi
}

absent() {
    if [ ! -e "$2" ]; then pass; else fail "$1: there is a $2"; fi
}

# gets ARGS: it says hello.
gets() {
    run "$@"
    if [ "$code" = 0 ] && [ "$(cat out)" = hello ]; then
        pass
    else
        fail "no hello: gofer $*" "exit code $code" "$(cat err)"
    fi
}

# refused CODE WORDS ARGS: it ends so, in these words, without a byte.
refused() {
    want_code=$1 words=$2
    shift 2
    run "$@"
    if [ "$code" = "$want_code" ] && [ ! -s out ] && grep -qF -e "$words" err; then
        pass
    else
        fail "gofer $*" "exit code $code, not $want_code; wanted: $words" "$(cat err)"
    fi
}

# same_as_curl ARGS: where curl is installed it brings what the last run brought, and the same
# exit code.
same_as_curl() {
    command -v curl >/dev/null || return 0
    curl -q -s "$@" >curl_out 2>curl_err </dev/null 8>&- 9>&-
    curl_code=$?
    if [ "$curl_code" = "$code" ] && cmp -s curl_out out; then
        pass
    else
        fail "curl differs: $*" "exit code $code, curl's $curl_code" "$(diff out curl_out)" "$(cat err)"
    fi
}

# same ARGS: gofer and curl bring the same.
same() {
    run "$@"
    same_as_curl "$@"
}

# summary [WORDS]
summary() {
    echo "$test: $passed passed, $failures failed${*:+ $*}"
    [ "$failures" = 0 ]
    exit
}
