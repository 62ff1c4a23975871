# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Section connects: a connection for each request. Read by `run`.

# one_connect ROUND KIND THREADS MODE [OPTION...]
one_connect() {
    prefix="round=$1 kind=$2"
    threads=$3
    shift 3
    line=$(measure "$@" --threads "$threads" --requests "$connects" --ca "$ca" --once)
    [ -z "$line" ] || echo "$prefix $line" >>"$scratch/connects"
}

# kind_of_connects ROUND KIND URL [OPTION...]
kind_of_connects() {
    kind_round=$1 kind=$2 at=$3
    shift 3
    case $kind$quick in
    plain) one_connect "$kind_round" plain 1 raw --url "$at"
        one_connect "$kind_round" plain 16 raw --url "$at" ;;
    full | resumed) one_connect "$kind_round" "$kind" 1 s_time --url "$at" "$@" ;;
    esac
    for mode in gofer_do curl_easy; do
        one_connect "$kind_round" "$kind" 1 "$mode" --url "$at" "$@"
        one_connect "$kind_round" "$kind" 16 "$mode" --url "$at" "$@"
    done
    [ -z "$quick" ] || return 0
    for mode in gofer_futures curl_multi go; do
        one_connect "$kind_round" "$kind" 16 "$mode" --url "$at" "$@"
    done
}

connects() {
    have openssl || { echo 'connects: openssl is missing'; return 0; }
    with_tls=yes
    start_nginx tls "$nginx_workers"
    with_tls=
    ca=$home/cert.pem
    tls_url=https://127.0.0.1:$tls_port
    : >"$scratch/connects"
    round=1
    while [ "$round" -le "$rounds" ]; do
        progress "connects: round $round of $rounds"
        [ -n "$quick" ] || kind_of_connects "$round" plain "${origin%/hello}/once"
        [ -n "$quick" ] || kind_of_connects "$round" full "$tls_url/once" --full
        kind_of_connects "$round" resumed "$tls_url/once"
        round=$((round + 1))
    done
    progress
    sort -s -t ' ' -k 2,2 "$scratch/connects" |
        awk -v figures="$scratch/figures" -f "$here/median.awk" -f "$here/connects.awk"
    [ -n "$quick" ] || idle_tls
}

idle_tls() {
    for mode in tls_memory curl_tls_memory; do
        line=$(measure "$mode" --calls "$idle" --url "$tls_url/big" --body 65536 --ca "$ca")
        [ -z "$(field idle_conns "$line")" ] ||
            echo "an idle TLS connection, $mode: $(field idle_allocated_bytes "$line") bytes" \
                "allocated, $(field idle_resident_bytes "$line") resident"
    done
}
