# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# New connections. Input: the lines of the bench program with
# "round=N kind=plain|full|resumed" in front. Stands behind median.awk; appends
# ratios to the file `figures`.

function peer_of(mode)
{
    return mode ~ /futures|multi/ ? "curl_multi" : "curl_easy"
}

{
    take_apart()
    if (!("rps" in word))
        next
    key = word["kind"] SUBSEP word["threads"] SUBSEP word["mode"]
    if (!(key in seen)) {
        seen[key] = 1
        order[++rows] = key
    }
    group = word["kind"] " " word["threads"]
    note("rate", word["round"], group, word["mode"], word["rps"])
    note("CPU", word["round"], group, word["mode"], word["cpu_us"])
}

END {
    printf "A connection for each GET of 13 bytes, %d interleaved rounds: medians; ratios within " \
           "a round: median (lowest..highest)\n", rounds
    printf "%-8s %9s  %-14s %8s %9s %6s  %-18s %-18s %-18s\n", "", "in flight", "mode",
           "conn/s", "CPU us", "CPUs", "rate/curl", "CPU/curl", "rate/s_time"
    for (row = 1; row <= rows; row++) {
        split(order[row], part, SUBSEP)
        group = part[1] " " part[2]
        mode = part[3]
        rate = figure_of("rate", group, mode)
        cpu = figure_of("CPU", group, mode)
        printf "%-8s %9d  %-14s %8.0f %9.2f %6.2f  %-18s %-18s %-18s\n", part[1], part[2], mode,
               rate, cpu, rate * cpu / 1e6, shown("rate", group, mode, peer_of(mode)),
               shown("CPU", group, mode, peer_of(mode)), shown("rate", group, mode, "s_time")
        if (mode == "s_time")
            tell("connects." part[1] "." part[2] ".s_time/curl_easy", "rate", group, mode, \
                 group, "curl_easy")
        if (mode !~ /^gofer/)
            continue
        name = "connects." part[1] "." part[2] "." mode "/"
        tell(name peer_of(mode), "rate", group, mode, group, peer_of(mode))
        tell(name "go", "rate", group, mode, group, "go")
        tell(name "raw", "rate", group, mode, group, "raw")
    }
}
