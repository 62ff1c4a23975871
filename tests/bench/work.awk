# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# What one more request costs. Input lines: mode, kind, number of requests, name,
# count. Most come as two runs, one of `few` requests and one of twice as many, and
# the difference divided by `few` is the figure; allocations come as a figure.
# Appends figures to the file `figures`.

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

# What happens less often than once in ten requests is a timer's tick or a wake within the run, of
# which a loaded machine sees more, and not the request's.
function all_calls(mode,    i, each, sum)
{
    for (i = 1; i <= names; i++) {
        each = cost(mode, "call", name[i])
        sum += each >= 0.1 ? each : 0
    }
    return sum
}

function show(mode, what, value, format, rest)
{
    printf "  %-20s %-14s " format "%s\n", mode, what, value, rest
    if (figures == "")
        return
    gsub(/ /, "-", what)
    printf "work.%s.%s %.2f\n", mode, what, value >>figures
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
    print "Each request, one caller, from the difference of two runs"
    for (i = 1; i <= modes; i++) {
        mode = order[i]
        if ((mode, "call") in has)
            show(mode, "system calls", all_calls(mode), "%9.2f", "  " list_calls(mode))
        if ((mode, "instructions") in has)
            show(mode, "instructions", cost(mode, "instructions", "user"), "%9.0f")
        if (mode !~ /^raw/ && (mode, "allocs") in has)
            show(mode, "allocations", count[mode, "allocs", 1, "heap"], "%9.2f")
        if ((mode, "copied") in has)
            show(mode, "bytes copied", cost(mode, "copied", "bytes"), "%9.0f")
    }
}
