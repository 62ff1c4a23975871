# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# The report of a run, with its two plots beside it. Read by `run`.

# plot FILE KIND BODY MODES [VARIABLE=VALUE...]: of the points of that kind, in the order of modes
plot() {
    file=$1 kind=$2 body=$3 modes=$4
    shift 4
    for mode in $modes; do
        awk -v kind="$kind" -v body="$body" -v mode="$mode" \
            '$1 == kind && $2 == body && $3 == mode { print $3, $4, $5 }' "$scratch/points"
    done >"$scratch/series"
    awk "$@" -f "$here/median.awk" -f "$here/plot.awk" "$scratch/series" >"$scratch/plot"
    [ ! -s "$scratch/plot" ] || mv "$scratch/plot" "$file"
}

plots() {
    plot "$1/throughput.svg" rate 13 'gofer_do raw curl_easy go soup' \
        -v title='Throughput against callers, GET of 13 bytes' \
        -v x_label='callers, each with one request at a time (logarithmic)' \
        -v y_label='requests a second'
    plot "$1/memory.svg" memory - 'gofer epoll curl go' -v log_y=1 \
        -v title='Memory against calls in flight' \
        -v x_label='calls in flight (logarithmic)' \
        -v y_label='MiB of the process beyond its start (logarithmic)'
}

versions() {
    echo "- gofer: $(git -C "$here" describe --always --dirty 2>/dev/null || echo 'not from git')"
    nginx -v 2>&1 | sed "s/nginx version: /- /; s/\$/, $nginx_workers workers/"
    ! have curl-config || echo "- $(curl-config --version)"
    ! have pkg-config || ! pkg-config --exists libsoup-3.0 ||
        echo "- libsoup $(pkg-config --modversion libsoup-3.0)"
    ! have openssl || echo "- $(openssl version)"
    ! have go || echo "- $(go version)"
    ! have wrk || wrk -v 2>&1 | sed -n 's/^wrk \([^ ]*\).*/- wrk \1/p'
    ! have cc || echo "- $(cc --version | head -n 1)"
}

# write_report FILE: from the sections' texts, figures and points
write_report() {
    plots "$(dirname "$1")"
    {
        echo '# What gofer costs: a run of the bench'
        echo
        echo "Written by \`tests/bench/run --report\`; README.md beside this file says what the"
        echo 'figures mean. Ratios are taken within interleaved rounds: their median, and in'
        echo 'parentheses the lowest and the highest.'
        echo
        echo "$machine"
        echo
        versions
        echo
        echo '## Budgets'
        echo
        awk -v form=markdown -f "$here/budgets.awk" "$here/budgets.txt" "$scratch/figures" || :
        echo
        echo '![Throughput against callers](throughput.svg)'
        echo
        echo '![Memory against calls in flight](memory.svg)'
        for section in $sections; do
            printf '\n## Section %s\n\n```\n' "$section"
            cat "$scratch/text.$section"
            echo '```'
        done
    } >"$scratch/report"
    mv "$scratch/report" "$1"
}
