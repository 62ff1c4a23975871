# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Holds figures to budgets. Reads the budgets first and then figures, as lines
# "NAME VALUE [LOWEST HIGHEST]" (the last line of a name counts). With form=lines
# it prints "name figure budget" for each budget, with form=markdown a table. Exit
# A floor is the figure of what does no more than the task demands, and says whether
# the budget can be met where it was measured. Exit
# status 1 where a counted budget is missed or, with complete=1, has no figure.

function figure_text(name)
{
    if (!(name in value))
        return "-"
    return spread[name] == "" ? value[name] : value[name] " (" spread[name] ")"
}

function verdict_text(i, answer)
{
    if (kind[i] != "floor" || answer == "no figure")
        return answer
    return answer == "met" ? "within reach" : "beyond reach"
}

function markdown_text(i, answer)
{
    return answer == "MISSED" && kind[i] != "floor" ? "**missed**" : verdict_text(i, answer)
}

function verdict(i,    name)
{
    name = names[i]
    if (!(name in value))
        return "no figure"
    if (relation[i] == "<=")
        return value[name] <= limit[i] + slack[i] ? "met" : "MISSED"
    return value[name] >= limit[i] - slack[i] ? "met" : "MISSED"
}

FNR == NR && (/^#/ || NF == 0) { next }

FNR == NR {
    names[++n] = $1
    relation[n] = $2
    limit[n] = $3
    slack[n] = $4
    kind[n] = $5
    text = $0
    for (i = 1; i <= 5; i++)
        sub(/^[^ ]+ +/, "", text)
    what[n] = text
    next
}

{
    value[$1] = $2
    spread[$1] = NF >= 4 ? $3 ".." $4 : ""
}

END {
    if (form == "markdown")
        print "| what | name | figure (lowest..highest) | budget | |\n|---|---|---|---|---|"
    for (i = 1; i <= n; i++) {
        answer = verdict(i)
        if (kind[i] == "counted" && (answer == "MISSED" || (complete && answer == "no figure")))
            failed = 1
        if (form == "markdown")
            printf "| %s | `%s` | %s | %s %s | %s |\n", what[i], names[i], figure_text(names[i]), \
                   relation[i], limit[i], markdown_text(i, answer)
        else if (answer != "no figure" || complete)
            printf "%-42s %-24s %s %-5s %s%s\n", names[i], figure_text(names[i]), relation[i], \
                   limit[i], verdict_text(i, answer), kind[i] == "counted" ? "" : " (" kind[i] ")"
    }
    exit failed
}
