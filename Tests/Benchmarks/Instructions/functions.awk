# SPDX-License-Identifier: Apache-2.0
#
# From what callgrind wrote of a thread: instructions a call and the function that needed them itself, the most first.
# Names are written out once and then meant by their number; the line after a `calls=` counts the called function.

function name(text,   id) {
    id = text
    sub(/\).*/, ")", id)
    if (text ~ /\) /) {
        sub(/^\([0-9]+\) /, "", text)
        names[id] = text
    }
    return id
}

/^c?fn=/ {
    id = name(substr($0, index($0, "=") + 1))
    if ($0 ~ /^fn/) current = id
    next
}
/^calls=/ { called = 1; next }
/^[0-9+*-]/ {
    if (!called) own[current] += $2
    called = 0
}
END {
    for (id in own) if (own[id] / calls >= 1) printf "%9.0f %s\n", own[id] / calls, names[id] | "sort -rn"
}
