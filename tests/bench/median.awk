# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Medians, for the other awk programs here; reorders what it is given.

function sort(values, n,    i, j, value)
{
    for (i = 2; i <= n; i++) {
        value = values[i]
        for (j = i - 1; j >= 1 && values[j] > value; j--)
            values[j + 1] = values[j]
        values[j + 1] = value
    }
}

function median(values, n)
{
    sort(values, n)
    return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}
