# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Draws lines as SVG. Input: lines "SERIES X Y". Variables: title, x_label,
# y_label. The x axis is logarithmic, with a tick at each x that was measured; the
# y axis begins at 0, or is logarithmic with log_y=1. Series differ by colour, by
# dash and by marker, and the sheet follows the reader's choice of light or dark.

function log10(x)
{
    return log(x) / log(10)
}

# The next of 1, 2, 5, 10, ... that is not below.
function nice(x,    unit)
{
    unit = 10 ^ int(log10(x) - (x < 1))
    return x <= unit ? unit : x <= 2 * unit ? 2 * unit : x <= 5 * unit ? 5 * unit : 10 * unit
}

function at_x(x)
{
    return left + (log(x) - log(x_min)) / (log(x_max) - log(x_min)) * width
}

function at_y(y)
{
    if (log_y)
        return top + height - (log(y) - log(y_min)) / (log(y_max) - log(y_min)) * height
    return top + height - y / y_max * height
}

function grouped(n,    text)
{
    text = sprintf("%.0f", n)
    if (n < 10 && n != int(n))
        text = sprintf(n < 0.1 ? "%.2f" : "%.1f", n)
    while (text ~ /[0-9][0-9][0-9][0-9]/)
        sub(/[0-9][0-9][0-9]($|,)/, ",&", text)
    return text
}

function text_at(x, y, anchor, text, class)
{
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>\n", x, y, anchor,
           class, text
}

function marker(kind, x, y, class)
{
    if (kind % 3 == 0)
        printf "<circle class=\"%s m\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n", class, x, y
    else if (kind % 3 == 1)
        printf "<rect class=\"%s m\" x=\"%.1f\" y=\"%.1f\" width=\"7\" height=\"7\"/>\n", class,
               x - 3.5, y - 3.5
    else
        printf "<path class=\"%s m\" d=\"M%.1f %.1fl4.5 8h-9z\"/>\n", class, x, y - 5
}

function style(    i)
{
    print "<style>"
    print "text { font: 13px sans-serif; fill: #24292f; } .title { font-size: 16px; font-weight: bold; }"
    print ".sheet { fill: #ffffff; } .grid { stroke: #d0d7de; } .axis { stroke: #57606a; }"
    print "polyline { fill: none; stroke-width: 2; } .m { stroke-width: 1; }"
    for (i = 1; i <= colours; i++)
        printf ".s%d { stroke: %s; } .s%d.m { fill: %s; }\n", i, light[i], i, light[i]
    for (i = 1; i <= series_len; i++)
        if (i % 4 != 1)
            printf "polyline.s%d { stroke-dasharray: %s; }\n", i, dash[i % 4]
    print "@media (prefers-color-scheme: dark) {"
    print "text { fill: #e6edf3; } .sheet { fill: #0d1117; } .grid { stroke: #30363d; } .axis { stroke: #8b949e; }"
    for (i = 1; i <= colours; i++)
        printf ".s%d { stroke: %s; } .s%d.m { fill: %s; }\n", i, dark[i], i, dark[i]
    print "}\n</style>"
}

function grid_y(y)
{
    printf "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n", left, at_y(y),
           left + width, at_y(y)
    text_at(left - 8, at_y(y) + 4, "end", grouped(y), "")
}

function axes(    i, y)
{
    if (log_y)
        for (y = y_min; y <= y_max * 1.001; y *= 10)
            grid_y(y)
    else
        for (i = 0; i <= 5; i++)
            grid_y(y_max * i / 5)
    for (i = 1; i <= xs_len; i++) {
        printf "<line class=\"axis\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n", at_x(xs[i]),
               top + height, at_x(xs[i]), top + height + 5
        text_at(at_x(xs[i]), top + height + 20, "middle", grouped(xs[i]), "")
    }
    printf "<path class=\"axis\" fill=\"none\" d=\"M%d %dv%dh%d\"/>\n", left, top, height, width
    text_at(left + width / 2, top + height + 44, "middle", x_label, "")
    printf "<text transform=\"translate(20 %.1f) rotate(-90)\" text-anchor=\"middle\">%s</text>\n",
           top + height / 2, y_label
}

function draw(i,    j, key)
{
    printf "<polyline class=\"s%d\" points=\"", i
    for (j = 1; j <= xs_len; j++)
        if ((key = series[i] SUBSEP xs[j]) in value)
            printf "%.1f,%.1f ", at_x(xs[j]), at_y(value[key])
    print "\"/>"
    for (j = 1; j <= xs_len; j++)
        if ((key = series[i] SUBSEP xs[j]) in value)
            marker(i, at_x(xs[j]), at_y(value[key]), "s" i)
}

function legend(i,    y)
{
    y = top + 12 + (i - 1) * 24
    printf "<polyline class=\"s%d\" points=\"%d,%d %d,%d\"/>\n", i, left + width + 20, y,
           left + width + 56, y
    marker(i, left + width + 38, y, "s" i)
    text_at(left + width + 64, y + 4, "start", series[i], "")
}

NF == 3 && $3 > 0 {
    if (!($1 in known)) {
        known[$1] = 1
        series[++series_len] = $1
    }
    if (!($2 in x_known)) {
        x_known[$2] = 1
        xs[++xs_len] = $2 + 0
    }
    value[$1, $2 + 0] = $3
    y_max = $3 + 0 > y_max ? $3 + 0 : y_max
    y_min = y_min == 0 || $3 + 0 < y_min ? $3 + 0 : y_min
}

END {
    if (xs_len < 2)
        exit 0
    left = 80; top = 50; width = 560; height = 340
    colours = split("#0969da #cf222e #1a7f37 #8250df #bc4c00 #57606a #bf3989 #9a6700", light, " ")
    split("#58a6ff #ff7b72 #56d364 #d2a8ff #ffa657 #8b949e #f778ba #e3b341", dark, " ")
    dash[2] = "7 4"; dash[3] = "2 3"; dash[0] = "10 3 2 3"
    sort(xs, xs_len)
    x_min = xs[1]
    x_max = xs[xs_len]
    y_max = log_y ? 10 ^ int(log10(y_max) + 0.999) : nice(y_max)
    y_min = 10 ^ int(log10(y_min) - (y_min < 1))
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 820 460\" role=\"img\" " \
           "aria-label=\"%s\">\n", title
    style()
    print "<rect class=\"sheet\" width=\"820\" height=\"460\"/>"
    text_at(left, 28, "start", title, "title")
    axes()
    for (i = 1; i <= series_len; i++) {
        draw(i)
        legend(i)
    }
    print "</svg>"
}
