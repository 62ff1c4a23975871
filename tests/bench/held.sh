# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Section held: memory, deadlines and time of many calls at once. Read by `run`.

memory() {
    progress 'held: memory'
    line=$(measure memory --calls "$1")
    progress
    [ -n "$line" ] || return 0
    echo "$(field calls "$line") calls in flight, $(field threads "$line") threads: each" \
        "$(field call_heap_bytes "$line") bytes of heap, $(field call_resident_bytes "$line") resident;" \
        "then $(field idle_conns "$line") idle connections: each" \
        "$(field idle_heap_bytes "$line") bytes of heap, $(field idle_resident_bytes "$line") resident," \
        "with what the calls left behind"
}

overshoot() {
    repeat=0
    : >"$scratch/overshoots"
    while [ "$repeat" -lt "$repeats" ]; do
        progress "held: overshoot $((repeat + 1)) of $repeats"
        line=$(measure overshoot --calls "$calls")
        progress
        repeat=$((repeat + 1))
        [ -n "$line" ] || continue
        echo "$(field calls "$line") deadlines over a second:" \
            "p50 $(field p50_ms "$line") ms, p99 $(field p99_ms "$line") ms," \
            "p99.9 $(field p999_ms "$line") ms, max $(field max_ms "$line") ms," \
            "$(field early "$line") early, slowest submit $(field slowest_submit_ms "$line") ms"
        echo "$(field p999_ms "$line")" >>"$scratch/overshoots"
        tell held.early "$(field early "$line")"
    done
    sort -n "$scratch/overshoots" | awk '
        { late[NR] = $1 }
        END { if (NR) print "held.overshoot-p999-ms", late[int((NR + 1) / 2)], late[1], late[NR] }
        ' >>"$scratch/figures"
}

cancelled() {
    progress 'held: cancelled'
    line=$(measure gofer_cancel --calls "$calls")
    progress
    [ -n "$line" ] || return 0
    echo "$calls calls in flight, all cancelled: each $(field cpu_us "$line") us of processor time;" \
        "from cancel to callback p50 $(field p50_us "$line") us, p99 $(field p99_us "$line") us"
}

# It is a ratio of tails, and noisy: the whole range is printed.
stalled() {
    progress 'held: stalled origin'
    line=$(measure stalled --url "$url" --threads 8 --requests 8000 --calls 2000)
    progress
    [ -n "$line" ] || return 0
    echo "$(field calls "$line") calls hang on one origin, p99 of calls to another over the p99 alone" \
        "($(field p99_ms "$line") ms), $(field pairs "$line") pairs: $(field ratio "$line")" \
        "($(field ratio_min "$line")..$(field ratio_max "$line"))"
    tell held.stalled-p99 "$(field ratio "$line")" "$(field ratio_min "$line")" \
        "$(field ratio_max "$line")"
}

# burst_round ROUND: every peer, the larger ones only in a few rounds
burst_round() {
    for mode in $burst_modes; do
        for many in $burst_sizes; do
            [ "$1" = 1 ] || [ "$many" = 10000 ] || continue
            progress "held: $mode, $many at once"
            line=$(measure "$mode" --url "$late_url" --calls "$many")
            [ -z "$line" ] || echo "round=$1 $line" >>"$scratch/bursts"
        done
    done
}

bursts() {
    start_late_origin
    : >"$scratch/bursts"
    round=1
    while [ "$round" -le "$burst_rounds" ]; do
        burst_round "$round"
        round=$((round + 1))
    done
    progress
    echo
    awk -v figures="$scratch/figures" -v points="$scratch/points" \
        -f "$here/median.awk" -f "$here/bursts.awk" "$scratch/bursts"
}

held() {
    memory "$calls"
    tell held.call-heap-bytes "$(field call_heap_bytes "$line")"
    tell held.idle-heap-bytes "$(field idle_heap_bytes "$line")"
    [ -n "$quick" ] || memory 9900
    overshoot
    [ -n "$quick" ] || cancelled
    [ -n "$quick" ] || stalled
    bursts
}
