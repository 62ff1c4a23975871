# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# One measurement, as every section of `run` makes it: a line of the bench program,
# and where figures go: $scratch/figures is what budgets are held against
# (budgets.awk), $scratch/points what is plotted.

# Runs a mode and prints its line; a failure is reported and remembered. Go's peer is a program of
# its own; a peer that is not here prints that it is skipped, which no table takes for a figure.
measure() {
    program=$bench mode=$1
    shift
    case $mode in
    go) program=$go mode=get ;;
    go_burst) program=$go mode=burst ;;
    esac
    [ -n "$program" ] || { echo "mode=$mode skipped (no go)"; return 0; }
    if ! timeout 300 $pinned "$program" "$mode" "$@" >"$scratch/line" 2>"$scratch/complaint"; then
        echo "FAILED: bench $mode $* $(cat "$scratch/line" "$scratch/complaint")" >&2
        echo x >>"$scratch/failures"
        return 0
    fi
    cat "$scratch/line"
}

field() {
    printf '%s\n' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# tell NAME VALUE [LOWEST HIGHEST]
tell() {
    [ -z "$2" ] || echo "$@" >>"$scratch/figures"
}
