#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""INT 9h and INT 16h: presses keys at the monitor, and compares what keyboard.c says of them.

SeaBIOS does not change the Insert state by the grey key, and function 00h there knows all keys.

usage: keyboard.py [--oracle]   asks Ersatz and QEMU's SeaBIOS, prints keyboard.txt
"""
import os
import subprocess
import sys
import tempfile
import time

import ask

NEW = """a shift-a ctrl-a alt-a 1 shift-1 ctrl-2 alt-1 minus shift-minus ctrl-minus spc ret ctrl-ret
backspace ctrl-backspace tab shift-tab ctrl-tab alt-tab f1 shift-f1 ctrl-f1 alt-f1 f10 f11 shift-f11
ctrl-f12 up ctrl-up alt-up delete home ctrl-home end pgup ctrl-pgdn left right kp_enter
kp_divide kp_multiply kp_add kp_subtract kp_7 kp_5 shift-kp_7 backslash shift-less slash
semicolon shift-semicolon apostrophe grave_accent shift-bracket_left z shift-z ctrl-z alt-z
insert insert alt-insert esc""".split()
# F11, Alt-Home and Ctrl-Up did nothing on the first keyboard and are thrown away
OLD = "a up kp_enter kp_divide f1 f11 alt-home ctrl-up delete esc".split()
SILENT = {"f11", "alt-home", "ctrl-up"}
# keys that only change states; the "a" behind them shows them
LOCKS = [("caps_lock", "a"), ("caps_lock", "a"), ("num_lock", "kp_7"), ("num_lock", "kp_7"),
         ("scroll_lock", "a"), ("scroll_lock", "a")]


class Session:
    def __init__(self, machine, out):
        self.out = out
        self.silent = set()
        image = ask.drive(ask.program("keyboard"), **{"if": "floppy"}, snapshot="on")
        self.p = subprocess.Popen([*machine, "-m", "16", "-boot", "order=a", *image, "-monitor",
                                   "stdio", "-debugcon", f"file:{out}"], stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)

    def lines(self, count, seconds=60):
        """All lines, as soon as there are so many. Fewer: no more came."""
        end = time.time() + seconds
        while len(ask.lines_of(self.out)) < count and time.time() < end and self.p.poll() is None:
            time.sleep(0.02)
        return ask.lines_of(self.out)

    def press(self, key):
        self.p.stdin.write(f"sendkey {key} 20\n")
        self.p.stdin.flush()

    def keys(self, names, seen):
        """Presses one after the other, each when the last has come; how many lines there are."""
        for name in names:
            self.press(name)
            if name in self.silent:
                time.sleep(0.5)
                continue
            seen += 1
            if len(self.lines(seen, 10)) < seen:
                return seen
        return seen


def session(machine):
    with tempfile.TemporaryDirectory() as where:
        s = Session(machine, os.path.join(where, "out"))
        try:
            s.lines(1)
            seen = s.keys([key for key in NEW if key != "esc"], 1)
            for lock, key in LOCKS:
                s.press(lock)
                time.sleep(1)  # until it is up again, also on a busy host
                seen = s.keys([key], seen)
            seen = s.keys(["esc"], seen)
            s.lines(seen + 1)
            s.silent = SILENT
            s.keys(OLD, seen + 1)
            s.p.wait(timeout=30)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            pass
        finally:
            s.p.kill()
            s.p.wait()
        return {"keys": ask.lines_of(s.out)}


def main():
    if not os.path.exists(ask.program("keyboard")):
        print("1..0 # SKIP there is no compiler of x86 code for keyboard.img")
        return
    if sys.argv[1:2] == ["--oracle"]:
        ask.write_down(session(ask.ERSATZ), session(ask.QEMU))
        return
    tap = ask.Tap(1)
    tap.compare("keys", session(ask.ERSATZ)["keys"], ask.expected("keyboard.txt")["keys"])


main()
