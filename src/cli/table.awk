# SPDX-License-Identifier: MIT
# Reads X-macro tables for what C cannot generate. A row starts at the line's beginning and ends
# with `)` at a line's end; row(KIND, N, FIELD) is called for each, FIELD[1] to FIELD[N] being
# its arguments, strings joined and without their quotes.

function arguments(text, field,    n, c, i, quoted) {
    n = 1
    field[1] = ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (quoted && c == "\\") {
            field[n] = field[n] substr(text, ++i, 1)
        } else if (c == "\"") {
            quoted = !quoted
        } else if (quoted) {
            field[n] = field[n] c
        } else if (c == ",") {
            field[++n] = ""
        } else if (c != " ") {
            field[n] = field[n] c
        }
    }
    return n
}

/^[A-Z_]+\(/ { pending = "" }
/^[A-Z_]+\(/ || pending != "" {
    pending = pending " " $0
    if ($0 ~ /\)$/) {
        sub(/^ */, "", pending)
        kind = pending
        sub(/\(.*/, "", kind)
        sub(/^[A-Z_]+\(/, "", pending)
        sub(/\)$/, "", pending)
        delete field
        n = arguments(pending, field)
        row(kind, n, field)
        pending = ""
    }
}
