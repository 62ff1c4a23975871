# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Calls begun at once to an origin that answers after two seconds. Input: the lines
# of the bench program with "round=N" in front. Stands behind median.awk; appends
# to the files `figures` and `points`.

{
    take_apart()
    if (!("call_resident_bytes" in word))
        next
    mode = word["mode"]
    sub(/_burst$/, "", mode)
    key = word["calls"] SUBSEP mode
    if (!(key in seen)) {
        seen[key] = 1
        order[++rows] = key
    }
    note("seconds", word["round"], word["calls"], mode, word["seconds"])
    note("CPU", word["round"], word["calls"], mode, word["cpu_us"])
    note("memory", word["round"], word["calls"], mode, word["call_resident_bytes"])
    note("idle", word["round"], word["calls"], mode, word["idle_resident_bytes"])
    note("threads", word["round"], word["calls"], mode, word["process_threads"])
}

END {
    print "Calls begun at once to an origin that answers each after 2 s: medians"
    printf "%8s  %-8s %9s  %-20s %8s %10s %10s %8s\n", "calls", "mode", "seconds",
           "time / epoll", "CPU us", "bytes/call", "bytes/idle", "threads"
    for (row = 1; row <= rows; row++) {
        split(order[row], part, SUBSEP)
        calls = part[1]
        mode = part[2]
        printf "%8d  %-8s %9.3f  %-20s %8.1f %10.0f %10.0f %8d\n", calls, mode,
               figure_of("seconds", calls, mode), shown("seconds", calls, mode, "epoll"),
               figure_of("CPU", calls, mode), figure_of("memory", calls, mode),
               figure_of("idle", calls, mode), figure_of("threads", calls, mode)
        if (points != "")
            printf "memory - %s %s %.2f\n", mode, calls, \
                   figure_of("memory", calls, mode) * calls / 1048576 >>points
        if (mode != "gofer")
            continue
        tell("burst." calls ".time.gofer/epoll", "seconds", calls, mode, calls, "epoll")
        tell("burst." calls ".time.gofer/go", "seconds", calls, mode, calls, "go")
        tell("burst." calls ".memory.gofer/go", "memory", calls, mode, calls, "go")
        if (figures != "")
            printf "burst.%d.gofer.threads %d\n", calls, figure_of("threads", calls, mode) >>figures
    }
}
