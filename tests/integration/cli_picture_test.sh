#!/bin/sh
# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Holds the gofer command's pictures and completions against the server of
# cli_origin.c: what --trace-har tells of every round trip, asked with jq; that
# --waterfall is one page around the same archive; that shells take what
# --completion writes.
set -u
# shellcheck source=tests/integration/cli_scene.sh
. "$(dirname "$0")/cli_scene.sh"
command -v jq >/dev/null || skipped 'there is no jq'
serve_origin

# draw CODE ARGS
draw() {
    want_code=$1
    shift
    run "$@"
    [ "$code" = "$want_code" ] || fail "exit code $code, not $want_code" "gofer $*" "$(cat err)"
}

# is NAME FILTER: what jq says of har, in one line, is NAME's third argument.
is() {
    got=$(jq -c "$2" <har 2>&1)
    if [ "$got" = "$3" ]; then pass; else fail "$1" "jq '$2'" "wanted: $3" "got: $got"; fi
}

if ! "$gofer" -q --trace-har /dev/null --help >/dev/null 2>err; then
    holds 'without jansson that is said' err 'built without jansson'
    summary '(a build without jansson)'
fi

# --- the archive -------------------------------------------------------------

draw 0 --trace-har har -u me:secret -b 'id=hidden' "$url/hello?a=b%20c&d=%00&e" "$url/cookie" -o one -o two
is 'an archive says what it is' '.log | [.version, .creator.name]' '["1.2","gofer"]'
is 'an entry a round trip' '.log.entries | length' 2
is 'the request' '.log.entries[0].request | [.method, .httpVersion, .bodySize, .url]' \
    "[\"GET\",\"HTTP/1.1\",0,\"$url/hello?a=b%20c&d=%00&e\"]"
is 'its query, decoded' '[.log.entries[0].request.queryString[] | [.name, .value]]' \
    '[["a","b c"],["d","%00"],["e",""]]'
is 'its fields, in order' '[.log.entries[0].request.headers[].name] | .[0:3] | sort' \
    '["Authorization","Host","User-Agent"]'
is 'no credentials' '[.log.entries[0].request.headers[] | select(.name == "Authorization" or .name == "Cookie") | .value] | unique' \
    '["***"]'
lacks 'no secret at all' har 'secret\|hidden'
is 'the response' '.log.entries[0].response | [.status, .statusText, .content.size, .content.mimeType]' \
    '[200,"OK",6,"text/plain"]'
is 'no cookie that a server sets' \
    '[.log.entries[1].response.headers[] | select(.name == "Set-Cookie") | .value] | unique' '["***"]'
is 'the connection' '.log.entries | [.[0].serverIPAddress, .[0].connection == .[1].connection]' \
    '["127.0.0.1",true]'
is 'a new one, then the same again' '[.log.entries[]._gofer | [.reused, .lateBound]]' \
    '[[false,false],[true,false]]'
is 'a dial takes time, a reused connection none' '[.log.entries[].timings.connect >= 0]' '[true,false]'
is 'no lookup of an address, no TLS' '[.log.entries[0].timings | .dns, .ssl]' '[-1,-1]'
is 'the timings make the time, to a tenth of a ms' \
    '[.log.entries[] | ([.timings | .blocked, .dns, .connect, .send, .wait, .receive | select(. > 0)] | add) - .time | fabs < 0.1] | all' true
is 'a date with milliseconds' '.log.entries[0].startedDateTime | test("^20[0-9-]+T[0-9:]+[.][0-9]{3}Z$")' true

draw 0 -s -L --trace-har har "$url/twice" -d body -o one
# What HAR 1.2 says is not optional; everything is of the type that it says.
is 'all fields of the format' '
    def all_of(names): . as $o | [names[] | select(. as $n | $o | has($n) | not)];
    [(.log | all_of(["version", "creator", "entries"])), (.log.creator | all_of(["name", "version"])),
     (.log.entries[] | all_of(["startedDateTime", "time", "request", "response", "cache", "timings"])),
     (.log.entries[].request | all_of(["method", "url", "httpVersion", "cookies", "headers", "queryString",
         "headersSize", "bodySize"])),
     (.log.entries[0].request.postData | all_of(["mimeType", "params", "text"])),
     (.log.entries[].response | all_of(["status", "statusText", "httpVersion", "cookies", "headers",
         "content", "redirectURL", "headersSize", "bodySize"])),
     (.log.entries[].response.content | all_of(["size", "mimeType"])),
     (.log.entries[].timings | all_of(["blocked", "dns", "connect", "send", "wait", "receive", "ssl"]))] | add' '[]'
is 'and of its types' '[.log.entries[] | [.time, .request.headersSize, .request.bodySize, .response.status,
    .response.headersSize, .response.bodySize, .response.content.size, .timings[] | type],
    [.request.cookies, .request.headers, .request.queryString, .response.cookies, .response.headers | type],
    [.request.headers[], .response.headers[] | .name, .value | type], [.cache | type]] | map(unique) | unique' \
    '[["array"],["number"],["object"],["string"]]'
is 'a redirect is a round trip' '[.log.entries[] | [._gofer.trip, .request.method, .response.status, .response.redirectURL]]' \
    '[[1,"POST",302,"/to-echo"],[2,"GET",302,"/echo"],[3,"GET",200,""]]'
is 'what it sent is told, not shown' '.log.entries[0].request | [.bodySize, .postData.mimeType, .postData.text]' \
    '[4,"application/x-www-form-urlencoded",""]'
is 'of one call' '[.log.entries[]._gofer.call] | unique | length' 1

draw 52 -s --trace-har har "$url/empty"
is 'a call that came to nothing' '.log.entries[-1] | [.response.status, (._gofer.error | length > 10)]' '[0,true]'
draw 7 -s --trace-har har http://127.0.0.1:1/
is 'one that got no connection' '.log.entries[0] | [.response.status, .connection, .serverIPAddress, .time >= 0]' \
    '[0,null,null,true]'

draw 0 -s -Z --parallel-max 1 --trace-har har "$url/slow" "$url/hello" -o one -o two
is 'all calls of -Z are in it' '[.log.entries[].response.status]' '[200,200]'
is 'the wait is the server' '.log.entries[0].timings.wait > 250' true

draw 0 --trace-har - -o one "$url/hello"
if jq -e .log.version <out >/dev/null 2>&1; then pass; else fail '- is stdout' "$(cat out)"; fi
draw 23 --trace-har /nowhere/har -o one "$url/hello"
holds 'a file that cannot be written' err 'Failed to write the picture /nowhere/har'
if [ -e /dev/full ]; then
    draw 23 --waterfall /dev/full -o one "$url/hello"
    holds 'a full disk' err 'No space left'
fi

# --- the page ----------------------------------------------------------------

draw 0 -s --waterfall page.html --trace-har har "$url/hello" "$url/%3C/script%3E" -H 'X: </script><b>' -o one -o two
holds 'a page' page.html '^<!DOCTYPE html>'
[ "$(grep -c '</script>' page.html)" = 2 ] || fail 'nothing of the data ends the script'
sed -n '/<script type="application.json"/,/<\/script>/p' page.html | sed '1d;$d' >data
jq -S . <data >data.sorted
jq -S . <har >har.sorted
if cmp -s data.sorted har.sorted; then pass; else fail 'the page holds the archive'; fi
lacks 'it loads nothing' page.html 'src=\|href='

# --- completions -------------------------------------------------------------

draw 0 --completion bash
cp out gofer.bash
if command -v bash >/dev/null; then
    # complete LINE WORDS: what bash would offer for the last word.
    complete() {
        bash -c '. ./gofer.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _gofer; printf "%s\n" "${COMPREPLY[@]}"' - "$@"
    }
    [ "$(complete gofer --trace-h)" = --trace-har ] || fail 'bash completes an option' "$(complete gofer --trace-h)"
    [ "$(complete gofer -o gofer.b)" = gofer.bash ] || fail "bash completes an option's file" "$(complete gofer -o gofer.b)"
    [ -z "$(complete gofer --max-time "")" ] || fail 'bash offers nothing for a number'
    complete gofer -- | sort >offered
    "$gofer" -h all | sed -n 's/^ .\{0,4\}--\([^ ]*\) .*/--\1/p' | sort >known
    [ "$(wc -l <known)" -gt 150 ] && cmp -s known offered || fail 'bash completes all options' "$(diff known offered)"
    passed=$((passed + 4))
fi
draw 0 --completion zsh
cp out _gofer
holds 'zsh is told of an option' _gofer "^    '\\*'{-o+,--output}'\\[.*\\]:file:_files' "
sed -n "s/^ *'\*//p" _gofer | sed "s/\[.*//" | grep -o -- '--[a-z0-9.-]*' >named
missing=$("$gofer" -h all | sed -n 's/^ .\{0,4\}--\([^ ]*\) .*/--\1/p' | while read -r name; do
    grep -q -x -e "$name" named || echo "$name"
done)
[ -z "$missing" ] && pass || fail 'zsh is told of all options' "$missing"
if command -v zsh >/dev/null; then
    if zsh -n _gofer; then pass; else fail 'zsh reads it'; fi
fi
draw 2 --completion fish

summary
