# SPDX-License-Identifier: MIT
# The manual page: text from ersatz.1.in, lists from the tables.
#   awk -f table.awk -f man.awk -v page=ersatz.1.in -v date=DATE TABLE...

# Text as mdoc wants it: a sentence begins a line, lines are short, none begins with a dot.
function plain(text,    words, n, i, line, all) {
    n = split(text, words, / +/)
    for (i = 1; i <= n; i++) {
        gsub(/\\/, "\\e", words[i])
        if (line != "" && (length(line) + length(words[i]) > 75 || line ~ /\.$/)) {
            all = all line "\n"
            line = ""
        }
        line = line (line != "" ? " " : "") words[i]
    }
    all = all line
    gsub(/(^|\n)[.']/, "&\\\\\\&", all)
    return all
}

# A trailing colon would be taken for punctuation.
function literal(word) {
    sub(/:$/, "\\\\\\&:", word)
    return word
}

function item(name, arg) {
    gsub(/ /, "\\ ", arg)
    return ".It Fl " name (arg != "" ? " Ar " arg : "") "\n"
}

function row(kind, n, f) {
    if (kind == "OPTION_GROUP") {
        if (options != "")
            options = options ".El\n"
        options = options ".Ss " f[1] "\n.Bl -tag -width Ds\n"
    } else if (kind == "OPTION") {
        options = options item(f[2], f[3]) plain(f[5]) "\n"
    } else if (kind == "BACKEND") {
        backends = backends ".It Cm " literal(f[2]) (f[3] != "" ? " Ns Ar " f[3] : "") "\n" plain(f[4]) "\n"
    } else if (kind == "EXIT_STATUS") {
        statuses = statuses ".It " f[2] "\n" plain(f[3]) "\n"
    } else if (kind == "LOG_TOPIC") {
        topics = topics ".It Cm " f[2] "\n" plain(f[3]) "\n"
    }
}

END {
    while ((getline line < page) > 0) {
        if (line == "@OPTIONS@")
            printf "%s.El\n", options
        else if (line == "@BACKENDS@")
            printf "%s", backends
        else if (line == "@STATUSES@")
            printf "%s", statuses
        else if (line == "@TOPICS@")
            printf "%s", topics
        else {
            gsub(/@DATE@/, date, line)
            gsub(/@VERSION@/, version, line)
            print line
        }
    }
}
