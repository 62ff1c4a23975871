#!/bin/sh
# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Runs every example that has a server of its own. Each checks itself.
set -u
cd "${GOFER_BUILDDIR:-.}/examples" || exit 1
failed=0
for example in cancel download event_loop get page_server post_json shared_jar trace upgrade_echo \
    upload upload_form upload_retry 'fanout --quick'; do
    # shellcheck disable=SC2086
    if output=$(./$example 2>&1); then
        echo "examples_test: $example: ok"
    else
        printf '%s\nexamples_test: %s: FAILED\n' "$output" "$example"
        failed=1
    fi
done
exit $failed
