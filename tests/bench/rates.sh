# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Section rates: keep-alive GETs of all peers, in interleaved rounds. Read by `run`.

# modes_at BODY IN_FLIGHT
modes_at() {
    if [ -n "$quick" ]; then
        case $2 in
        64) echo raw gofer_do curl_easy gofer_futures gofer_submit_wait curl_multi go ;;
        256) echo gofer_do gofer_futures ;;
        *) echo raw gofer_do ;;
        esac
        return
    fi
    echo raw raw_pooled gofer_do curl_easy go
    case $2 in
    1) echo soup ;;
    16 | 64 | 256)
        echo soup epoll epoll_cores curl_multi gofer_futures gofer_lent gofer_submit_wait wrk
        [ "$1" != 13 ] || echo gofer_on_done
        ;;
    esac
}

# at_path BODY: the URL of that many bytes, and the number of requests
set_body() {
    case $1 in
    13) path=hello each=$requests ;;
    *) path=16k each=$((requests / 3)) ;;
    esac
}

# one_cell ROUND BODY THREADS MODE: THREADS may be "1-apart", one caller on another processor than its
# server's.
one_cell() {
    set_body "$2"
    at=${url%/hello}/$path pinned=
    case $3 in
    1) pinned=$solo ;;
    1-apart) pinned=$apart ;;
    esac
    [ "${3%-apart}" != 1 ] || at=${solo_url%/hello}/$path each=$((each / 3))
    line=$(measure "$4" --url "$at" --threads "${3%-apart}" --requests "$each" --body "$2")
    pinned=
    [ -z "$line" ] || echo "round=$1 body=$2 in_flight=$3 $line" >>"$scratch/rates"
}

one_round() {
    for body in $sizes; do
        for threads in $concurrency; do
            for mode in $(modes_at "$body" "$threads"); do
                one_cell "$1" "$body" "$threads" "$mode"
            done
        done
    done
}

# What stands close to its budget, in short rounds of its own and many of them: what disturbs a
# machine comes and goes within a second, and medians of few rounds are too rough.
one_close_round() {
    for threads in 1 ${apart:+1-apart} 16 64 256; do
        for mode in raw raw_pooled gofer_do; do
            one_cell "$1" 13 "$threads" "$mode"
        done
    done
    for mode in curl_easy curl_multi gofer_futures gofer_submit_wait; do
        one_cell "$1" 13 64 "$mode"
    done
}

close_rounds() {
    all_requests=$requests
    requests=$((requests / 3))
    while [ "$round" -le $((rounds * 7)) ]; do
        progress "rates: close round $((round - rounds)) of $((rounds * 6))"
        one_close_round "$round"
        round=$((round + 1))
    done
    requests=$all_requests
}

rates() {
    : >"$scratch/rates"
    round=1
    while [ "$round" -le "$rounds" ]; do
        progress "rates: round $round of $rounds"
        one_round "$round"
        round=$((round + 1))
    done
    [ -n "$quick" ] || close_rounds
    progress
    awk -v figures="$scratch/figures" -v points="$scratch/points" \
        -f "$here/median.awk" -f "$here/rates.awk" "$scratch/rates"
    [ -n "$quick" ] || how_workers
    fairness
}

# Futures from one thread, with one worker and with two.
how_workers() {
    : >"$scratch/workers"
    round=1
    while [ "$round" -le "$rounds" ]; do
        for workers in 1 2; do
            line=$(measure gofer_futures --url "$url" --threads 64 --requests "$requests" \
                --workers "$workers")
            echo "$workers $(field rps "$line")" >>"$scratch/workers"
        done
        round=$((round + 1))
    done
    echo
    for workers in 1 2; do
        grep "^$workers " "$scratch/workers" | sort -n -k 2 | awk -v workers="$workers" '
            { rate[NR] = $2 }
            END { printf "gofer_futures, 64 in flight, %d workers: %d req/s\n", workers,
                         rate[int((NR + 1) / 2)] }'
    done
}

# fair NAME MODE OPTION...: the tail beside the median
fair() {
    name=$1
    shift
    line=$(measure "$@" --url "$url" --threads 64 --requests "$requests" --latency)
    [ -n "$(field p99_ratio "$line")" ] || return 0
    echo "  $name: p50 $(field p50_us "$line") us, p99 $(field p99_us "$line") us," \
        "p99.9 $(field p999_us "$line") us, p99 / p50 $(field p99_ratio "$line")"
    tell "fair.$name.p99/p50" "$(field p99_ratio "$line")"
}

fairness() {
    echo
    echo "How long single requests took, 64 callers at saturation"
    fair raw raw
    fair gofer_do gofer_do
    [ -z "$quick" ] || return 0
    fair gofer_do-8-conns gofer_do --max-conns 8
    fair gofer_submit_wait gofer_submit_wait
    fair curl_easy curl_easy
}
