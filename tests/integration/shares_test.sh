#!/usr/bin/env bash
# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# All integration tests, in shares that run beside each other (GOFER_SHARES, 4):
# most of their time is waiting for time limits. Beside a sanitizer the limits are
# too near for that: one share then. Each share's output follows the other's
# whole; the exit status is 1 where one of them failed.
set -u
shares=${GOFER_SHARES:-4}
program=${GOFER_BUILDDIR:-.}/integration_tests
outputs=$(mktemp -d) || exit 1
trap 'rm -rf "$outputs"' EXIT

pids=()
for i in $(seq "$shares"); do
    "$program" "${i}of$shares" >"$outputs/$i" 2>&1 &
    pids+=($!)
done
status=0
for i in $(seq "$shares"); do
    wait "${pids[i - 1]}"
    code=$?
    cat "$outputs/$i"
    if [ "$code" != 0 ]; then
        echo "share $i of $shares: exit status $code"
        status=1
    fi
done
exit "$status"
