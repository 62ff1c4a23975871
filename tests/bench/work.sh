# SPDX-FileCopyrightText: The gofer authors
# SPDX-License-Identifier: MIT
#
# Section work: what one more request costs, the same in every run. Read by `run`.

# Each tool counts a run of $few requests and one of twice as many; the difference is free of
# start, warm-up and end.
count_calls() {
    for n in $few $((few * 2)); do
        timeout 300 strace -f -c -o "$scratch/strace" "$bench" "$@" --url "$url" --threads 1 \
            --requests "$n" >/dev/null 2>&1 || echo x >>"$scratch/failures"
        awk -v n="$n" '$1 ~ /^[0-9.]+$/ && $NF != "total" { print "call", n, $NF, $4 }' \
            "$scratch/strace"
    done
}

count_instructions() {
    for n in $few $((few * 2)); do
        timeout 300 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bench" "$@" \
            --url "$url" --threads 1 --requests "$n" >/dev/null 2>"$scratch/valgrind" ||
            echo x >>"$scratch/failures"
        awk -v n="$n" '/Collected/ { print "instructions", n, "user", $NF }' "$scratch/valgrind"
    done
}

# By memcpy() and its like; a copy that the compiler made part of a function is not seen.
count_copies() {
    for n in $few $((few * 2)); do
        timeout 300 valgrind --tool=dhat --mode=copy --dhat-out-file=/dev/null "$bench" "$@" \
            --threads 1 --requests "$n" >/dev/null 2>"$scratch/valgrind" ||
            echo x >>"$scratch/failures"
        sed -n 's/,//g; s/^==[0-9]*== Total: *\([0-9]*\) bytes.*/copied '"$n"' bytes \1/p' \
            "$scratch/valgrind"
    done
}

count_allocations() {
    measure "$@" --url "$url" --threads 1 --requests "$few" --count-heap |
        awk '{ for (i = 1; i <= NF; i++) if (sub(/^allocs=/, "", $i)) print "allocs", 1, "heap", $i }'
}

# count_work LABEL MODE OPTION...
count_work() {
    label=$1
    shift
    progress "work: $label"
    {
        have strace && count_calls "$@"
        have valgrind && count_instructions "$@"
        count_allocations "$@"
    } | sed "s/^/$label /" >>"$scratch/work"
}

# count_copies_of LABEL MODE: of an answer of 16 KiB
count_copies_of() {
    have valgrind || return 0
    progress "work: $1"
    count_copies "$2" --url "${url%/hello}/16k" --body 16384 | sed "s/^/$1 /" >>"$scratch/work"
}

peer_is_here() {
    ! "$bench" "$1" --url "$url" --threads 1 --requests 1 | grep -q skipped
}

work() {
    : >"$scratch/work"
    count_work gofer_do gofer_do
    count_work gofer_do-unchecked gofer_do --skip-check
    [ -n "$quick" ] || work_of_peers
    progress
    awk -v few="$few" -v figures="$scratch/figures" -f "$here/work.awk" "$scratch/work"
}

work_of_peers() {
    count_work raw raw
    count_work gofer_submit_wait gofer_submit_wait
    for mode in curl_easy soup; do
        peer_is_here "$mode" && count_work "$mode" "$mode"
    done
    for mode in raw gofer_do curl_easy soup; do
        peer_is_here "$mode" && count_copies_of "$mode-16k" "$mode"
    done
}
