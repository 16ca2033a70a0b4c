#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""House rules that a script can check. Prints TAP; each rule is one result.

usage: lint.py [RULE...]     (srcdir and builddir come from the environment)
"""
import os
import re
import shutil
import subprocess
import sys

SRC = os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("builddir", "")
TOPS = ("src", "include", "tests", "bios")
CODE = (".c", ".h", ".inc")

# Which rooms a room may include; "wires" are the parts of board/ that chips and CPUs see.
WIRES = {"clock", "dma", "drive", "input", "irq", "memmap", "ports"}
LOW = {"base", "wires"}
CPU = LOW | {"decode", "mmu", "cpu"}
ALL = CPU | {"jit", "devices", "block", "net", "board", "inspect", "api"}
MAY = {
    "base": {"base"},
    "decode": {"base", "decode"},
    "wires": LOW,
    "mmu": LOW | {"mmu"},
    "cpu": CPU,
    "jit": CPU | {"jit"},
    "devices": LOW | {"devices"},
    "block": LOW | {"block"},
    "net": LOW | {"net"},
    "char": {"base", "char"},
    "board": ALL - {"api"},
    "inspect": ALL - {"api"},
    "api": ALL,
    "cli": {"cli", "char", "ui"},
    "ui": {"ui"},
}
MAX_LINES = 600
MAX_FUNCTION = 60
MAX_LEVELS = 4
MAX_COLUMNS = 100


def files(*ends):
    for top in TOPS:
        for where, dirs, names in os.walk(os.path.join(SRC, top)):
            dirs.sort()
            for name in sorted(names):
                if name.endswith(ends) and not name.startswith("."):
                    yield os.path.relpath(os.path.join(where, name), SRC)


def lines(path):
    with open(os.path.join(SRC, path), encoding="utf-8") as f:
        return f.read().split("\n")


def room_of(path):
    part = path.split("/")
    stem = part[-1].split(".")[0]
    return "wires" if part[0] == "board" and stem in WIRES else part[0]


def layers():
    """includes go downward only"""
    bad = []
    for path in files(".c", ".h", ".inc", ".def"):
        if not path.startswith("src/"):
            continue
        room = room_of(path[4:])
        if room not in MAY:
            bad.append(f"{path}: no layer is known for {room}/")
            continue
        for n, line in enumerate(lines(path), 1):
            m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not m or m[1] == "config.h":
                continue
            if "/" not in m[1]:
                bad.append(f"{path}:{n}: write {m[1]} relative to src/")
            elif room_of(m[1]) not in MAY[room]:
                bad.append(f"{path}:{n}: {room}/ must not include {m[1]}")
    return bad


def levels(body):
    """the deepest nesting of clang-formatted code, switch labels not counted as a level"""
    deepest = 0
    for line in body:
        text = line.lstrip()
        if text and not text.startswith(("#", "*", "/*")) and text[-1] in "{;":
            if text[-1] == "{" and not text.startswith("}"):
                deepest = max(deepest, (len(line) - len(text)) // 4)
    return deepest


def sizes():
    """files, functions and lines keep to their sizes"""
    bad = []
    for path in files(*CODE, ".py"):
        text = lines(path)
        if len(text) - 1 > MAX_LINES:
            bad.append(f"{path}: {len(text) - 1} lines, more than {MAX_LINES}")
        start = None
        for n, line in enumerate(text, 1):
            if len(line) > MAX_COLUMNS:
                bad.append(f"{path}:{n}: {len(line)} columns")
            if line == "{":
                start = n
            elif line.startswith("}") and start:
                if n - start - 1 > MAX_FUNCTION:
                    bad.append(f"{path}:{start}: a function of {n - start - 1} lines")
                if levels(text[start : n - 1]) > MAX_LEVELS:
                    bad.append(f"{path}:{start}: nested deeper than {MAX_LEVELS}")
                start = None
    return bad


def language():
    """no unfinished work, no path of one machine, a licence line first"""
    bad = []
    words = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
    paths = re.compile(r"(?<![\w.$)}~/-])/(ho" r"me|ro" r"ot|wo" r"rk|mnt|srv|opt)/")
    ends = CODE + (".def", ".S", ".py", ".sh", ".mk", ".ld", ".ac", ".am")
    more = ["dev", ".ci/run", "configure.ac", "Makefile.am"]
    for path in list(files(*ends)) + [p for p in more if os.path.exists(os.path.join(SRC, p))]:
        text = lines(path)
        if not any("SPDX-License-Identifier: MIT" in line for line in text[:2]):
            bad.append(f"{path}:1: no SPDX-License-Identifier line")
        for n, line in enumerate(text, 1):
            for pattern in (words, paths):
                m = pattern.search(line)
                if m:
                    bad.append(f"{path}:{n}: {m[0]}")
            if path.endswith(CODE) and "\t" in line:
                bad.append(f"{path}:{n}: a tab")
    return bad


def no_exits():
    """nothing below the command line ends the process"""
    bad = []
    call = re.compile(r"(?<![\w.>])(abort|exit|_exit|_Exit|quick_exit)\s*\(")
    for path in files(*CODE):
        if path.startswith("src/") and not path.startswith("src/cli/"):
            for n, line in enumerate(lines(path), 1):
                m = call.search(line)
                if m and not line.lstrip().startswith(("*", "/*")):
                    bad.append(f"{path}:{n}: {m[0]}...)")
    return bad


# The process's signal handlers: doc/adr/0003-one-thread-local.md.
PROCESS = re.compile(r"signal\.o:(previous|once)$")


def no_globals():
    """the library has no writable data of its own"""
    archive = os.path.join(BUILD, ".libs/libersatz-core.a")
    if not BUILD or not os.path.exists(archive):
        return "no library is built here"
    config = os.path.join(BUILD, "config.h")
    if re.search(r"^#define ERZ_SANITIZERS", open(config).read(), re.M):
        return "sanitizers add data of their own"
    tool = os.environ.get("NM") or "nm"
    out = subprocess.run([tool, "-A", "-f", "sysv", archive], capture_output=True, text=True)
    bad = []
    for line in out.stdout.split("\n"):
        field = [f.strip() for f in line.split("|")]
        if len(field) == 7 and field[3] == "OBJECT":
            if PROCESS.search(field[0]):
                continue
            if re.match(r"(\.t?data(?!\.rel\.ro)|\.t?bss|\*COM\*)", field[6]):
                bad.append(f"{field[0]}: in {field[6]}")
    return bad if out.returncode == 0 else [out.stderr]


def formatted():
    """clang-format 14 would change nothing"""
    tool = shutil.which("clang-format-14")
    if not tool:
        return "clang-format-14 is not installed"
    paths = [os.path.join(SRC, p) for p in files(".c", ".h")]
    out = subprocess.run([tool, "--dry-run", "-Werror"] + paths, capture_output=True, text=True)
    found = re.findall(r"^(\S+?):\d+:\d+: error:", out.stderr, re.M)
    bad = [f"{os.path.relpath(p, SRC)}: {found.count(p)} places" for p in sorted(set(found))]
    return bad or ([out.stderr] if out.returncode else [])


# Constants of the instruction, known before it runs, may stand as arguments.
KNOWN = r"\b(last_source|(operand|source|address)_(size|bits))\(\)"
# So may one that is an operation in the lifter: with two of them the compiler would have a choice.
CONSTANT = r"\b(k|immediate)\([^()]*\)"


def is_primitive(line):
    """a line of a body: one primitive, on names and constants"""
    text, constants = re.subn(CONSTANT, "0", re.sub(KNOWN, "0", line.strip()))
    whole = re.fullmatch(r"((V|unsigned) \w+ = )?(0|\w+\([^();]*\));", text)
    return bool(whole) and constants <= 1


def bodies():
    """semantic bodies: one primitive a statement, no control flow"""
    bad = []
    for path in files(".sem.inc"):
        for n, line in enumerate(lines(path), 1):
            if line.startswith("    ") and not is_primitive(line):
                bad.append(f"{path}:{n}: {line.strip()}")
    return bad


def without_comments(text):
    """C without comments and strings, its lines where they were"""
    blank = lambda m: re.sub(r"[^\n]", " ", m[0])
    text = re.sub(r"/\*.*?\*/|//[^\n]*", blank, text, flags=re.S)
    return re.sub(r'"(\\.|[^"\\\n])*"|\'(\\.|[^\'\\\n])*\'', blank, text)


def closing(text, at):
    """the place of the parenthesis that closes the one at `at`"""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if not depth:
            return i
    return len(text)


def appenders(texts):
    """what appends operations: functions that make values of a struct lift, and macros of them"""
    names = {"IR_OP"}
    for text in texts:
        names |= set(re.findall(r"^(?:static |inline )*ir_ref (\w+)\(struct lift \*", text, re.M))
    for text in texts:
        for name, body in re.findall(r"^#define (\w+)\([^()]*\)((?:.*\\\n)*.*)", text, re.M):
            if set(re.findall(r"\w+", body)) & names:
                names.add(name)
    return names


def outermost(text, names):
    """calls of `names` in text that stand in no other one"""
    found, at = [], 0
    call = re.compile(r"\b(%s)\s*\(" % "|".join(map(re.escape, sorted(names))))
    while m := call.search(text, at):
        found.append(m[1])
        at = closing(text, m.end() - 1) + 1
    return found


def unordered(text, names):
    """(line, what) of argument lists with two operations, whose order is the compiler's choice"""
    text, bad = without_comments(text), []
    for m in re.finditer(r"\b(?!if\b|while\b|for\b|switch\b|return\b|sizeof\b)\w+\s*\(", text):
        line = text[text.rfind("\n", 0, m.start()) + 1 : m.start()]
        arguments = text[m.end() : closing(text, m.end() - 1)]
        two = outermost(arguments, names) if "({" not in arguments else []
        if len(two) > 1 and not re.match(r"\s*#\s*define\s+$", line):
            bad.append((text.count("\n", 0, m.start()) + 1, " and ".join(two)))
    return bad


def used_twice(text):
    """(line, what) of macros that use an argument more than once: it may be an operation"""
    text, bad = without_comments(text), []
    for m in re.finditer(r"^#define (\w+)\(([^()]+)\)((?:.*\\\n)*.*)", text, re.M):
        for name in re.findall(r"\w+", m[2]):
            if len(re.findall(r"(?<![.\w>])%s\b" % name, m[3])) > 1:
                bad.append((text.count("\n", 0, m.start()) + 1, f"{m[1]}: {name}"))
    return bad


def order():
    """the lifter's operations come in an order that no compiler chooses"""
    paths = [p for p in files(".c", ".h") if p.startswith("src/jit/lift")]
    texts = {p: "\n".join(lines(p)) for p in paths}
    names, bad = appenders([without_comments(text) for text in texts.values()]), []
    for path, text in texts.items():
        bad += [f"{path}:{n}: {what} in one argument list" for n, what in unordered(text, names)]
        if path.endswith("_prim.h"):
            bad += [f"{path}:{n}: {what} is used twice" for n, what in used_twice(text)]
    return bad


def documented():
    """doc/architecture.md says what every source file is for, and of no other"""
    told, room = set(), None
    for line in lines("doc/architecture.md"):
        m = re.match(r"## src/([\w/]+)/:", line)
        room = m[1] if m else None if line.startswith("## ") else room
        m = re.match(r"\| (`[^|]*) \|", line)
        if room and m:
            told |= {f"{room}/{name}" for name in re.findall(r"`(\w+)`", m[1])}
    there = set()
    for path in files(".c", ".h", ".inc", ".def", ".awk", ".in", ".asl"):
        if path.startswith("src/"):
            there.add(os.path.dirname(path[4:]) + "/" + os.path.basename(path).split(".")[0])
    return ([f"src/{name}.*: not in doc/architecture.md" for name in sorted(there - told)]
            + [f"doc/architecture.md: src/{name}.* is not there" for name in sorted(told - there)])


RULES = [layers, sizes, language, bodies, order, no_exits, no_globals, formatted, documented]


def main():
    rules = [r for r in RULES if not sys.argv[1:] or r.__name__ in sys.argv[1:]]
    print(f"1..{len(rules)}")
    for n, rule in enumerate(rules, 1):
        bad = rule()
        name = f"{rule.__name__}: {rule.__doc__}"
        if isinstance(bad, str):
            print(f"ok {n} - {name} # SKIP {bad}")
            continue
        print(f"{'not ok' if bad else 'ok'} {n} - {name}")
        for line in bad:
            print(f"# {line}")


if __name__ == "__main__":
    main()
