# SPDX-License-Identifier: MIT
# Completion for bash, from the tables:  awk -f table.awk -f completion.awk TABLE...

function row(kind, n, f) {
    if (kind == "BACKEND")
        backends = backends " " f[2]
    else if (kind == "LOG_TOPIC")
        topics = topics "," f[2]
    if (kind != "OPTION")
        return
    names = names " -" f[2]
    if (f[3] ~ /^FILE/)
        files = files "|-" f[2]
    else if (f[3] == "BACKEND")
        channels = channels "|-" f[2]
    else if (f[3] ~ /^[a-z]+(\|[a-z]+)*$/) {
        words = f[3]
        gsub(/\|/, " ", words)
        fixed = fixed "    -" f[2] ") words='" words "' ;;\n"
    } else if (f[2] == "d")
        fixed = fixed "    -" f[2] ") words='all none help" spaced(topics) "' ;;\n"
    else if (f[2] ~ /^(M|machine|cpu|device)$/)
        fixed = fixed "    -" f[2] ") words=$(\"$1\" -" f[2] \
            " help 2>/dev/null | sed -n 's/^  \\([^ ]*\\).*/\\1/p') ;;\n"
    else if (f[3] != "")
        free = free "|-" f[2]
}

function spaced(list) {
    gsub(/,/, " ", list)
    return list
}

END {
    print "# SPDX-License-Identifier: MIT"
    print "# Completion of ersatz for bash; generated from its tables."
    print "_ersatz()\n{"
    print "    local words='' word=$2 previous=$3"
    print "    case $previous in"
    printf "%s", fixed
    printf "    %s) compopt -o filenames; COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n", \
        substr(files, 2)
    printf "    %s) compopt -o nospace; words='%s' ;;\n", substr(channels, 2), substr(backends, 2)
    printf "    %s) return ;;\n", substr(free, 2)
    printf "    *) words='%s'\n", substr(names, 2)
    print "        case $word in -*) ;; *) compopt -o filenames; words=\"create $(compgen -f -X '!*.vm' -- \"$word\")\" ;; esac ;;"
    print "    esac"
    print "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))"
    print "}\ncomplete -F _ersatz ersatz"
}
