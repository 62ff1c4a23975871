# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Holds the counted figures of gofer_do() to their budgets: one line a figure with
# its name, the figure and the budget. Input as for work.awk. Fails where one is
# over, or missing: strace and valgrind are to be there.

$1 == "gofer_do" { sum[$2, $3] += $5 }

function hold(name, figure, known, budget, slack)
{
    printf "%s %s %s\n", name, known ? sprintf("%.2f", figure) : "missing", budget
    if (!known || figure > budget + slack)
        failed = 1
}

function per_call(kind)
{
    return (sum[kind, 2 * few] - sum[kind, few]) / few
}

# A system call now and then is a timer's tick, not the request's. Of the instructions some 700 are
# the libc's, and what nginx answers has a date in it: 2 % more is no fault of ours.
END {
    hold("system-calls", per_call("call"), ("call", 2 * few) in sum, 3, 0.05)
    hold("allocations", sum["allocs", 1], ("allocs", 1) in sum, 2, 0)
    hold("instructions", per_call("instructions"), ("instructions", 2 * few) in sum, 4000, 80)
    exit failed
}
