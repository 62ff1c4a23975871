# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# What one more request costs. Input lines: mode, kind, number of requests, name,
# count. System calls and instructions come as two runs, one of `few` requests
# and one of twice as many, and the difference divided by `few` is the figure;
# allocations come as a figure.

function cost(mode, kind, name)
{
    return (count[mode, kind, few * 2, name] - count[mode, kind, few, name]) / few
}

# System calls that happen at least once in a hundred requests, by name.
function list_calls(mode,    i, each, text)
{
    for (i = 1; i <= names; i++) {
        each = cost(mode, "call", name[i])
        if (each >= 0.01)
            text = text sprintf(" %s %.2f", name[i], each)
    }
    return text
}

function all_calls(mode,    i, sum)
{
    for (i = 1; i <= names; i++)
        sum += cost(mode, "call", name[i])
    return sum
}

function show(mode, what, value, format, limit)
{
    printf "  %-20s %-14s " format, mode, what, value
    if (limit != "")
        printf "   at most %d  %s", limit, value <= limit ? "met" : "MISSED"
}

{
    count[$1, $2, $3, $4] = $5
    has[$1, $2] = 1
    if (!($1 in known)) {
        known[$1] = 1
        order[++modes] = $1
    }
    if ($2 == "call" && !($4 in named)) {
        named[$4] = 1
        name[++names] = $4
    }
}

END {
    limit["gofer_do", "call"] = 3
    limit["gofer_do-unchecked", "call"] = 2
    limit["gofer_do", "instructions"] = limit["gofer_do-unchecked", "instructions"] = 4000
    limit["gofer_do", "allocs"] = limit["gofer_do-unchecked", "allocs"] = 2
    # A hundredth of a call is a timer's tick or a wake within the run, not the request's.
    print "Each request, one caller, from the difference of two runs"
    for (i = 1; i <= modes; i++) {
        mode = order[i]
        if (all_calls(mode) > 0) {
            show(mode, "system calls", int(all_calls(mode) * 100 + 0.5) / 100, "%9.2f",
                 limit[mode, "call"] == "" ? "" : limit[mode, "call"])
            print "  " list_calls(mode)
        }
        if (cost(mode, "instructions", "user") > 0) {
            show(mode, "instructions", cost(mode, "instructions", "user"), "%9.0f",
                 limit[mode, "instructions"])
            print ""
        }
        if (mode != "raw" && (mode, "allocs") in has) {
            show(mode, "allocations", count[mode, "allocs", 1, "heap"], "%9.2f",
                 limit[mode, "allocs"])
            print ""
        }
    }
}
