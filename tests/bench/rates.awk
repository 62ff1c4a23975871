# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Keep-alive GETs: a table for each size of body. Input: the lines of the bench
# program with "round=N body=BYTES in_flight=N" in front. Stands behind median.awk; appends
# ratios to the file `figures`, and what is plotted to the file `points`.

function table_of(body,    row, part, group)
{
    printf "\nKeep-alive GET of %d bytes, %d interleaved rounds: medians; ratios within a round: " \
           "median (lowest..highest)\n", body, rounds
    printf "%9s  %-18s %8s %9s  %-18s %-18s\n", "in flight", "mode", "req/s", "CPU us/rq",
           "rate / raw", "CPU / raw"
    for (row = 1; row <= rows; row++) {
        split(order[row], part, SUBSEP)
        if (part[1] != body)
            continue
        group = part[1] " " part[2]
        printf "%9s  %-18s %8.0f %9.2f  %-18s %-18s\n", part[2], part[3],
               figure_of("rate", group, part[3]), figure_of("CPU", group, part[3]),
               shown("rate", group, part[3], "raw"), shown("CPU", group, part[3], "raw")
    }
}

# Every mode of gofer's beside every other peer.
function tell_row(body, in_flight, mode,    i, group)
{
    group = body " " in_flight
    if (points != "" && in_flight !~ /apart/)
        printf "%s %s %s %s %.0f\n", "rate", body, mode, in_flight, \
               figure_of("rate", group, mode) >>points
    if (mode !~ /^(gofer|raw_pooled)/ && !(mode == "raw" && in_flight != 64))
        return
    for (i = 1; i <= peers; i++) {
        tell("rate." body "." in_flight "." mode "/" peer[i], "rate", group, mode, group, peer[i])
        tell("cpu." body "." in_flight "." mode "/" peer[i], "CPU", group, mode, group, peer[i])
    }
    if (in_flight != 64)
        tell("grow." body "." mode "." in_flight "/64", "rate", group, mode, body " 64", mode)
}

{
    take_apart()
    if (!("rps" in word))
        next
    key = word["body"] SUBSEP word["in_flight"] SUBSEP word["mode"]
    if (!(key in seen)) {
        seen[key] = 1
        order[++rows] = key
    }
    if (!(word["body"] in known)) {
        known[word["body"]] = 1
        bodies[++sizes] = word["body"]
    }
    group = word["body"] " " word["in_flight"]
    note("rate", word["round"], group, word["mode"], word["rps"])
    note("CPU", word["round"], group, word["mode"], word["cpu_us"])
}

END {
    peers = split("raw epoll epoll_cores wrk curl_easy curl_multi soup go", peer, " ")
    for (i = 1; i <= sizes; i++)
        table_of(bodies[i])
    for (row = 1; row <= rows; row++) {
        split(order[row], part, SUBSEP)
        tell_row(part[1], part[2], part[3])
    }
}
