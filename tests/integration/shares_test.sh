#!/usr/bin/env bash
# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# All integration tests, in shares that run beside each other (GOFER_SHARES, 6):
# most of their time is waiting for time limits. Beside a sanitizer the limits are
# too near for so many. Each share's output follows the other's
# whole, and then once more what failed, so that the end of a log that was cut
# says it; the exit status is 1 where one of them failed.
set -u
shares=${GOFER_SHARES:-6}
program=${GOFER_BUILDDIR:-.}/integration_tests
outputs=$(mktemp -d) || exit 1
trap 'rm -rf "$outputs"' EXIT

# failures OUTPUT: the tests that failed or did not end, each with its first lines,
# and what a sanitizer summed up.
failures()
{
    awk '
        function tell(how,   i) {
            printf "    %s: %s: %s\n", suite, test, how
            for (i = 1; i <= lines && i <= 12; i++)
                print line[i]
        }
        function settle()
        {
            if (failed || running)
                tell(failed ? "failed" : "did not end")
            running = failed = lines = 0
        }
        /^Suite: / { settle(); suite = substr($0, 8); next }
        /^  Test: .* \.\.\./ {
            settle()
            test = substr($0, 9)
            sub(/ \.\.\..*/, "", test)
            running = 1
        }
        /SUMMARY: .*Sanitizer/ { print "    " $0 }
        /^Run Summary/ { settle() }
        running && /passed$/ { running = 0; next }
        running && /FAILED$/ { failed = 1; running = 0; sub(/FAILED$/, "") }
        (running || failed) && !/^  Test: / && /[^ ]/ { line[++lines] = "    " $0 }
        END { settle() }
    ' "$1"
}

pids=()
for i in $(seq "$shares"); do
    "$program" "${i}of$shares" >"$outputs/$i" 2>&1 &
    pids+=($!)
done
codes=()
for i in $(seq "$shares"); do
    wait "${pids[i - 1]}"
    codes+=($?)
    cat "$outputs/$i"
done
status=0
for i in $(seq "$shares"); do
    if [ "${codes[i - 1]}" != 0 ]; then
        echo "share $i of $shares: exit status ${codes[i - 1]}"
        failures "$outputs/$i"
        status=1
    fi
done
exit "$status"
