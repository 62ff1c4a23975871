# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Medians and ratios of interleaved rounds, for the other awk programs here. A
# figure belongs to a round, a case (as "13 64": what was measured how) and a mode;
# a ratio compares two modes of the same round and case, so that a disturbance that
# lasts longer than a round cancels out.

function sort(values, n,    i, j, value)
{
    for (i = 2; i <= n; i++) {
        value = values[i]
        for (j = i - 1; j >= 1 && values[j] > value; j--)
            values[j + 1] = values[j]
        values[j + 1] = value
    }
}

# Reorders what it is given.
function median(values, n)
{
    sort(values, n)
    return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}

function note(what, round, group, mode, value)
{
    figure[what, round, group, mode] = value
    if (round + 0 > rounds)
        rounds = round + 0
}

# The median over the rounds of one figure; 0 where there is none.
function figure_of(what, group, mode,    round, n, values)
{
    for (round = 1; round <= rounds; round++)
        if ((what, round, group, mode) in figure)
            values[++n] = figure[what, round, group, mode]
    return n ? median(values, n) : 0
}

# Sets ratio, lowest and highest of one case and mode over another; false where they never met in a
# round.
function compare(what, group, mode, other_group, other,    round, n, values)
{
    for (round = 1; round <= rounds; round++)
        if ((what, round, group, mode) in figure && (what, round, other_group, other) in figure &&
            figure[what, round, other_group, other] > 0)
            values[++n] = figure[what, round, group, mode] / figure[what, round, other_group, other]
    if (!n)
        return 0
    ratio = median(values, n)
    lowest = values[1]
    highest = values[n]
    return 1
}

# For a table.
function shown(what, group, mode, peer)
{
    if (!compare(what, group, mode, group, peer))
        return "-"
    return sprintf("%.2f (%.2f..%.2f)", ratio, lowest, highest)
}

# Adds a ratio to the file `figures`, for budgets and the report.
function tell(name, what, group, mode, other_group, other)
{
    if (figures != "" && compare(what, group, mode, other_group, other))
        printf "%s %.3f %.3f %.3f\n", name, ratio, lowest, highest >>figures
}

# Takes a line of the bench program apart into word[].
function take_apart(    i, pair)
{
    delete word
    for (i = 1; i <= NF; i++)
        if (split($i, pair, "=") == 2)
            word[pair[1]] = pair[2]
}
