# SPDX-License-Identifier: MIT
# The manual pages: text from ersatz.1.in or ersatz.5.in, lists from the tables.
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

function item(macro, name, arg) {
    gsub(/ /, "\\ ", name)
    gsub(/ /, "\\ ", arg)
    return ".It " macro " " name (arg != "" ? " Ar " arg : "") "\n"
}

function row(kind, n, f) {
    if (kind == "OPTION_GROUP") {
        if (options != "")
            options = options ".El\n"
        options = options ".Ss " f[1] "\n.Bl -tag -width Ds\n"
        if (f[1] != "About Ersatz") {
            if (keys != "")
                keys = keys ".El\n"
            keys = keys ".Ss " f[1] "\n.Bl -tag -width Ds\n"
        }
    } else if (kind == "OPTION") {
        options = options item("Fl", f[2], f[3]) plain(f[5]) "\n"
        if (f[2] !~ /^(version|help|h|loadvm|writeconfig)$/) # they make no machine
            keys = keys item("Ic", f[2], f[3]) plain(f[5]) "\n"
    } else if (kind == "COMMAND") {
        line = item("Ic", f[2], f[4])
        if (f[3] != "")
            line = substr(line, 1, length(line) - 1) " , Ic \\&" f[3] "\n"
        commands = commands line plain(f[5]) "\n"
    } else if (kind == "INFO") {
        commands = commands item("Ic", "info " f[2], f[3]) plain(f[4]) "\n"
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
        else if (line == "@KEYS@")
            printf "%s.El\n", keys
        else if (line == "@COMMANDS@")
            printf "%s", commands
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
