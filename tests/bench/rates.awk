# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Medians and ratios of interleaved rounds. Input: the lines of the bench
# program with round=N in front. A ratio compares two modes within one round, at
# the same number in flight; of the rounds' ratios the median and the ends are
# printed, so a disturbance that lasts longer than a round cancels out.
# Stands behind median.awk.

# The median over the rounds of one figure.
function figure_of(what, threads, mode,    round, n, values)
{
    for (round = 1; round <= rounds; round++)
        if ((what, round, threads, mode) in figure)
            values[++n] = figure[what, round, threads, mode]
    return n ? median(values, n) : 0
}

# Sets ratio, lowest and highest; false where the modes never met in a round.
function compare(what, threads, mode, peer,    round, n, values)
{
    for (round = 1; round <= rounds; round++)
        if ((what, round, threads, mode) in figure && (what, round, threads, peer) in figure)
            values[++n] = figure[what, round, threads, mode] / figure[what, round, threads, peer]
    if (!n)
        return 0
    ratio = median(values, n)
    lowest = values[1]
    highest = values[n]
    return 1
}

function spread(what, threads, mode, peer)
{
    if (!compare(what, threads, mode, peer))
        return "-"
    return sprintf("%.2f (%.2f..%.2f)", ratio, lowest, highest)
}

function verdict(what, threads, mode, peer, limit, at_least)
{
    if (!compare(what, threads, mode, peer))
        return ""
    return sprintf("  %s %s %.2f of %s: %s", what, at_least ? ">=" : "<=", limit, peer,
                   (at_least ? ratio >= limit : ratio <= limit) ? "met" : "MISSED")
}

# What design and measurement are held against.
function budget(threads, mode)
{
    if (mode == "gofer_do")
        return verdict("rate", threads, mode, "raw", 0.9, 1) \
               verdict("CPU", threads, mode, "raw", 1.15, 0)
    if (mode == "gofer_futures")
        return verdict("rate", threads, mode, "raw", 0.9, 1) \
               verdict("rate", threads, mode, "curl_multi", 1.5, 1)
    if (mode == "gofer_submit_wait")
        return verdict("rate", threads, mode, "raw", 0.85, 1)
    return ""
}

{
    delete word
    for (i = 1; i <= NF; i++)
        if (split($i, pair, "=") == 2)
            word[pair[1]] = pair[2]
    if (!("rps" in word))
        next
    key = word["threads"] SUBSEP word["mode"]
    if (!(key in seen)) {
        seen[key] = 1
        order[++rows] = key
    }
    rounds = word["round"] > rounds ? word["round"] : rounds
    figure["rate", word["round"], word["threads"], word["mode"]] = word["rps"]
    figure["CPU", word["round"], word["threads"], word["mode"]] = word["cpu_us"]
}

END {
    printf "Keep-alive GET of 13 bytes, %d interleaved rounds: medians; ratios within a round: " \
           "median (lowest..highest)\n", rounds
    printf "%9s  %-18s %8s %9s  %-18s %-18s %s\n", "in flight", "mode", "req/s", "CPU us/rq",
           "rate / raw", "CPU / raw", "  budget"
    for (row = 1; row <= rows; row++) {
        split(order[row], part, SUBSEP)
        printf "%9d  %-18s %8.0f %9.2f  %-18s %-18s %s\n", part[1], part[2],
               figure_of("rate", part[1], part[2]), figure_of("CPU", part[1], part[2]),
               spread("rate", part[1], part[2], "raw"), spread("CPU", part[1], part[2], "raw"),
               budget(part[1], part[2])
    }
    printf "gofer_do / curl_easy:      rate %s, CPU %s (64 in flight)\n",
           spread("rate", 64, "gofer_do", "curl_easy"), spread("CPU", 64, "gofer_do", "curl_easy")
    printf "gofer_futures / curl_multi: rate %s, CPU %s (64 in flight)\n",
           spread("rate", 64, "gofer_futures", "curl_multi"),
           spread("CPU", 64, "gofer_futures", "curl_multi")
}
