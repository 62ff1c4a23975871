# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Section bodies: large ones beside raw loops, and what memory they need. Read by
# `run`.

# transfers OPTION...: the lines of all transfers, or of those that have a budget
transfers() {
    if [ -z "$quick" ]; then
        measure stream --rounds "$body_rounds" --bytes "$large" "$@"
        return
    fi
    for only in read_64k up_ref up_file tls_read_64k tls_up_ref; do
        measure stream --rounds "$body_rounds" --bytes "$large" --only "$only" "$@"
    done
}

# Of each transfer the rate, and where it has a peer the ratio to the peer of the same round.
throughput() {
    progress 'bodies: throughput'
    set --
    if have openssl; then
        make_certificate "$scratch"
        set -- --ca "$scratch/cert.pem" --key "$scratch/key.pem"
    fi
    transfers "$@" >"$scratch/transfers"
    progress
    while read -r line; do
        name=$(field transfer "$line") peer=$(field peer "$line") ratio=$(field ratio "$line")
        low=$(field ratio_min "$line") high=$(field ratio_max "$line")
        [ -n "$name" ] || continue
        printf '  %-20s %6s MiB/s %6s ms of processor a GiB' "$name" "$(field mib_s "$line")" \
            "$(field cpu_ms_gib "$line")"
        [ -z "$ratio" ] || printf '   rate / %-18s %s (%s..%s)' "$peer" "$ratio" "$low" "$high"
        echo
        [ -z "$ratio" ] || tell "bodies.$name/$peer" "$ratio" "$low" "$high"
    done <"$scratch/transfers"
}

# peaks MODE WORDS...: the most of the heap that the mode needed, of each line of its.
peaks() {
    progress "bodies: $1"
    kind=$1
    lines=$(measure "$@")
    progress
    printf '%s\n' "$lines" | while read -r line; do
        [ -n "$line" ] || continue
        peak=$(field peak_bytes "$line") limit=$(field limit_bytes "$line")
        printf '  %-32s %10s bytes, of %s allowed\n' \
            "$kind, $(field transfer "$line")$(field way "$line")" "$peak" "$limit"
        echo "$kind $peak $limit" >>"$scratch/peaks"
    done
    awk -v kind="$kind" '
        $1 == kind && $2 / $3 > most { most = $2 / $3 }
        END { printf "bodies.%s.peak/limit %.2f\n", kind, most }' \
        "$scratch/peaks" >>"$scratch/figures"
}

bodies() {
    echo "bodies of $large bytes, $body_rounds rounds, medians"
    throughput
    echo "heap: one body of $huge bytes; $crowd of 10 MiB at once"
    peaks flat --bytes "$huge"
    [ -n "$quick" ] || peaks crowd --calls "$crowd"
}
