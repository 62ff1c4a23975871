# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# New connections: medians and ratios of interleaved rounds. Input: the lines of
# the bench program with "round=N kind=plain|full|resumed" in front. Ratios are
# taken within a round, as in rates.awk. Stands behind median.awk.

function figure_of(what, kind, threads, mode,    round, n, values)
{
    for (round = 1; round <= rounds; round++)
        if ((what, round, kind, threads, mode) in figure)
            values[++n] = figure[what, round, kind, threads, mode]
    return n ? median(values, n) : 0
}

function ratio_of(what, kind, threads, mode, peer,    round, n, values)
{
    for (round = 1; round <= rounds; round++)
        if ((what, round, kind, threads, mode) in figure &&
            (what, round, kind, threads, peer) in figure)
            values[++n] = figure[what, round, kind, threads, mode] / \
                          figure[what, round, kind, threads, peer]
    return n ? median(values, n) : 0
}

function shown(what, kind, threads, mode, peer,    ratio)
{
    ratio = ratio_of(what, kind, threads, mode, peer)
    return ratio ? sprintf("%.2f", ratio) : "-"
}

function verdict(kind, threads, mode, peer, limit,    ratio)
{
    ratio = ratio_of("rate", kind, threads, mode, peer)
    if (!ratio)
        return ""
    return sprintf("  rate >= %.2f of %s: %s", limit, peer, ratio >= limit ? "met" : "MISSED")
}

{
    delete word
    for (i = 1; i <= NF; i++)
        if (split($i, pair, "=") == 2)
            word[pair[1]] = pair[2]
    if (!("rps" in word))
        next
    key = word["kind"] SUBSEP word["threads"] SUBSEP word["mode"]
    if (!(key in seen)) {
        seen[key] = 1
        order[++rows] = key
    }
    rounds = word["round"] > rounds ? word["round"] : rounds
    figure["rate", word["round"], word["kind"], word["threads"], word["mode"]] = word["rps"]
    figure["CPU", word["round"], word["kind"], word["threads"], word["mode"]] = word["cpu_us"]
}

END {
    printf "A connection for each GET of 13 bytes, %d interleaved rounds: medians; ratios within " \
           "a round\n", rounds
    printf "%-8s %9s  %-14s %8s %9s %6s  %-11s %-11s %-11s %-11s\n", "", "in flight", "mode",
           "conn/s", "CPU us", "CPUs", "rate/curl", "CPU/curl", "rate/s_time", "CPU/s_time"
    for (row = 1; row <= rows; row++) {
        split(order[row], part, SUBSEP)
        kind = part[1]; threads = part[2]; mode = part[3]
        peer = mode ~ /futures|multi/ ? "curl_multi" : "curl_easy"
        rate = figure_of("rate", kind, threads, mode)
        cpu = figure_of("CPU", kind, threads, mode)
        printf "%-8s %9d  %-14s %8.0f %9.2f %6.2f  %-11s %-11s %-11s %-11s%s\n", kind, threads,
               mode, rate, cpu, rate * cpu / 1e6, shown("rate", kind, threads, mode, peer),
               shown("CPU", kind, threads, mode, peer), shown("rate", kind, threads, mode, "s_time"),
               shown("CPU", kind, threads, mode, "s_time"),
               kind == "resumed" && mode ~ /^gofer/ ? verdict(kind, threads, mode, peer, 1.3) : ""
    }
}
