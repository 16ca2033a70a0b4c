#!/bin/bash
# SPDX-License-Identifier: MIT
# What is generated from the tables, the manual page and bash's completion. Prints TAP.
cd "$builddir" || exit 99

n=0
result() { # result STATUS NAME [TEXT]
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
    [ -z "$3" ] || sed 's/^/# /' <<<"$3"
}

rows=$(grep -c '^OPTION(' "$srcdir/src/cli/options.def")
[ "$(grep -c '^\.It Fl' ersatz.1)" = "$rows" ]
result $? "the manual has all $rows options"
rows=$(grep -cE '^(COMMAND|INFO)\(' "$srcdir/src/cli/monitor.def")
[ "$(sed -n '/^.Sh MONITOR/,/^.Sh DISKS/p' ersatz.1 | grep -c '^\.It Ic')" = "$rows" ]
result $? "and all $rows commands of the monitor"
[ "$(grep -c '^\.It Ic' ersatz.5)" -gt 30 ]
result $? "the machine file's manual has the options"
grep -qE '@[A-Z]+@' ersatz.1 ersatz.5
[ $? = 1 ]
result $? "no place holder is left in them"

if command -v mandoc >/dev/null; then
    complaints=$(mandoc -Tlint -Wstyle ersatz.1 ersatz.5 | grep -vE 'makewhatis|mandoc\.db|manual not found|unknown manual')
    [ -z "$complaints" ]
    result $? "mandoc has no complaint" "$complaints"
else
    n=$((n + 1))
    echo "ok $n - mandoc has no complaint # SKIP mandoc is not installed"
fi

complete_words() { # complete_words WORD PREVIOUS: what completion offers
    bash -c 'complete() { :; }; compopt() { :; }; . "$builddir/ersatz.bash"; _ersatz ersatz "$1" "$2"
        echo "${COMPREPLY[*]}"' - "$1" "$2"
}
[ "$(complete_words -nog ersatz)" = -nographic ]
result $? "-nog is completed"
[ "$(complete_words v -clock)" = virtual ]
result $? "the words of -clock are completed"
[ "$(complete_words un -d)" = unimp ]
result $? "log topics are completed"
[ "$(complete_words fi -serial)" = file: ]
result $? "back ends are completed"
[ "$(cd "$(mktemp -d)" && : >my.vm && : >other && complete_words m ersatz)" = my.vm ]
result $? "machine files are completed"
echo "1..$n"
