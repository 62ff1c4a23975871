#!/bin/sh
# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# How the gofer command ends where it cannot go on: signals, a closed stdout, full
# disks, what cannot be read. The server is cli_origin.c.
set -u
# shellcheck source=tests/integration/cli_scene.sh
. "$(dirname "$0")/cli_scene.sh"
serve_origin

# --- signals -----------------------------------------------------------------

# A shell has what it puts aside ignore SIGINT, and may have been told to ignore others; env takes
# that back.
if env --default-signal=INT,TERM,HUP true 2>/dev/null; then
    # interrupted SIGNAL FILE ARGS: begins the command, sends the signal once FILE is no longer
    # empty, and waits.
    interrupted() {
        signal=$1 file=$2
        shift 2
        rm -f "$file"
        env --default-signal=INT,TERM,HUP "$gofer" "$@" >out 2>err </dev/null 9>&- &
        pid=$!
        while [ ! -s "$file" ]; do sleep 0.01; done
        kill -"$signal" $pid
        wait $pid 2>/dev/null
        code=$?
    }

    interrupted INT kept -sS -o kept "$url/hello" "$url/never" -o absent
    ended 'Ctrl-C' 130
    empty 'Ctrl-C needs no words' err
    absent 'Ctrl-C leaves no file of what had not begun' absent
    interrupted TERM kept -sS -o kept "$url/hello" "$url/never" -o absent
    ended 'SIGTERM' 143
    interrupted HUP kept -sS -o kept "$url/hello" "$url/never" -o absent
    ended 'SIGHUP' 129
    interrupted INT kept -sS -Z "$url/hello" -o kept "$url/never" "$url/never" "$url/never"
    ended 'Ctrl-C ends all of -Z' 130
    empty 'Ctrl-C ends all of -Z' err
    interrupted INT err --no-progress-meter --retry 3 --retry-delay 600 "$url/500"
    ended 'Ctrl-C ends the wait for another attempt' 130
    interrupted INT kept -s --rate 1/d "$url/hello" -o kept "$url/hello"
    ended 'Ctrl-C ends the wait of --rate' 130
    interrupted INT kept -s --limit-rate 1 -o kept "$url/hello"
    ended 'Ctrl-C ends a slow body' 130
    interrupted INT kept --trace-har kept.har -s "$url/hello" -o kept "$url/never"
    ended 'Ctrl-C and a picture' 130
    "$gofer" -s -Z --fail-early -f "$url/404" "$url/never" -S 2>err >out 9>&-
    holds 'what another one ended says so' err '^gofer: (42) '
else
    echo "cli_end_test: no env --default-signal, no Ctrl-C"
fi

# --- nowhere to write --------------------------------------------------------

# full NAME ARGS: with a full disk behind stdout it ends with 23, and says so.
full() {
    name=$1
    shift
    "$gofer" "$@" >/dev/full 2>err </dev/null 9>&-
    code=$?
    ended "a full disk: $name" 23
}

if [ -c /dev/full ]; then
    full 'a body' -sS "$url/hello"
    holds 'a full disk' err '^gofer: (23) .*No space left on device'
    full '-i' -sS -i "$url/hello"
    full '-I' -sS -I "$url/hello"
    full '-w' -sS -o f -w '%{http_code}' "$url/hello"
    holds '-w and a full disk' err '^gofer: (23) Failed writing to stdout'
    full '-D -' -sS -o f -D - "$url/hello"
    full '-c -' -sS -o f -c - "$url/cookie"
    full '--trace -' -sS --trace - -o f "$url/hello"
    full '-Z' -sS -Z "$url/hello" "$url/404"
    full --help --help
    full -V -V
    full --completion --completion bash
    "$gofer" -sS -o /dev/full "$url/hello" 2>err
    code=$?
    ended '-o of a full disk' 23
    holds '-o of a full disk' err '^gofer: (23) Failed writing to /dev/full: No space left'
    "$gofer" -o f -c /dev/full "$url/cookie" 2>err
    holds '-c of a full disk' err '^Warning: Failed to save cookies in /dev/full'
    if [ -c /dev/full ]; then pass; else fail '-c takes the name of a device'; fi
fi
"$gofer" -sS "$url/hello" >&- 2>err 9>&-
code=$?
ended 'a closed stdout' 23
holds 'a closed stdout' err '^gofer: (23) Failed writing to stdout'
"$gofer" -sS -o f "$url/hello" >&- 2>err 9>&-
code=$?
ended 'a closed stdout that nobody needs' 0
"$gofer" -sS "$url/hello" 2>&- >out 9>&-
code=$?
ended 'a closed stderr' 0
mkdir folder
"$gofer" -sS -o folder "$url/hello" 2>err
code=$?
ended '-o of a folder' 23
holds '-o of a folder' err 'folder: Is a directory'
"$gofer" -sS -o folder/no/file "$url/hello" 2>err
code=$?
ended '-o of no folder' 23
holds '-o of no folder' err 'folder/no/file: No such file or directory'

# --- nothing to read ---------------------------------------------------------

# unreadable ARGS: ends with 26, and names the file.
for options in '-d @none' '-d @folder' '--data-binary @none' '--data-urlencode a@none' '--json @none' \
    '-T none' '-F a=@none' '-F a=<none' '-H @none' '-H @folder' '-K none' '-w @none' '--url-query a@none' \
    '--url @none' '--variable a@none' '--proxy-header @none'; do
    # shellcheck disable=SC2086
    "$gofer" -sS $options "$url/echo" >out 2>err </dev/null 9>&-
    code=$?
    ended "$options" 26
    holds "$options" err '^gofer: (26) .*\(No such file\|Is a directory\|none\)'
    empty "$options" out
done
"$gofer" -sS -T - -H Expect: "$url/echo" <&- >out 2>err 9>&-
code=$?
ended '-T of a closed stdin' 26
"$gofer" -sS -d @- "$url/echo" <&- >out 2>err 9>&-
code=$?
ended '-d of a closed stdin' 26

summary
