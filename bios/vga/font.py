#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the VGA's three fonts, 8x16, 8x14 and 8x8 in code page 437, out of fixed.hex.

usage: font.py fixed.hex >glyphs.S
       font.py fixed.hex --show HEIGHT     draws a font on the terminal

Letters and signs are placed in the taller cells as they are; for 8x8 the 5x8 glyphs are drawn
with strokes two pixels wide, as 8x8 fonts have them. Frames (B3h to DAh) and blocks are drawn
here, so that they join at every height.
"""
import sys

# Where a column of a 5x8 glyph begins in the 8x8 cell; each becomes two pixels wide.
WIDEN = (0, 2, 3, 5, 6)

# Frames: how many lines leave the middle to the left, right, top and bottom.
FRAMES = {
    0xB3: "0011", 0xB4: "1011", 0xB5: "2011", 0xB6: "1022", 0xB7: "1002", 0xB8: "2001",
    0xB9: "2022", 0xBA: "0022", 0xBB: "2002", 0xBC: "2020", 0xBD: "1020", 0xBE: "2010",
    0xBF: "1001", 0xC0: "0110", 0xC1: "1110", 0xC2: "1101", 0xC3: "0111", 0xC4: "1100",
    0xC5: "1111", 0xC6: "0211", 0xC7: "0122", 0xC8: "0220", 0xC9: "0202", 0xCA: "2220",
    0xCB: "2202", 0xCC: "0222", 0xCD: "2200", 0xCE: "2222", 0xCF: "2210", 0xD0: "1120",
    0xD1: "2201", 0xD2: "1102", 0xD3: "0120", 0xD4: "0210", 0xD5: "0201", 0xD6: "0102",
    0xD7: "1122", 0xD8: "2211", 0xD9: "1010", 0xDA: "0101",
}


def frame(code, height):
    """Single lines lie in the middle, double ones at both sides of it. Where two double lines meet,
    the space between the lines stays open."""
    left, right, top, bottom = (int(c) for c in FRAMES[code])
    mid = height // 2 - 1
    rows = {0: [mid], 1: [mid], 2: [mid - 1, mid + 1]}[max(left, right)]
    columns = {0: [3, 4], 1: [3, 4], 2: [2, 5]}[max(top, bottom)]
    first_row, last_row, first, last = rows[0], rows[-1], columns[0], columns[-1]
    through_x, through_y = left and right, top and bottom
    grid = [[0] * 8 for _ in range(height)]
    for y in rows if left or right else []:
        beside = top if y == first_row else bottom  # what leaves on this line's side
        open_here = len(rows) == 2 and beside == 2
        for x in range(8):
            if (left and x <= (first if open_here or right or through_y else last)) or \
               (right and x >= (last if open_here or left or through_y else first)) or \
               (through_x and not open_here):
                grid[y][x] = 1
    for x in columns if top or bottom else []:
        beside = left if x == first else right
        open_here = max(top, bottom) == 2 and beside == 2
        for y in range(height):
            if (top and y <= (first_row if open_here or bottom or through_x else last_row)) or \
               (bottom and y >= (last_row if open_here or top or through_x else first_row)) or \
               (through_y and not open_here):
                grid[y][x] = 1
    return [sum(bit << (7 - x) for x, bit in enumerate(row)) for row in grid]


def block(code, height):
    half = height // 2
    return {
        0xB0: [0x22, 0x88] * half,
        0xB1: [0x55, 0xAA] * half,
        0xB2: [0xDD, 0x77] * half,
        0xDB: [0xFF] * height,
        0xDC: [0x00] * half + [0xFF] * half,
        0xDD: [0xF0] * height,
        0xDE: [0x0F] * height,
        0xDF: [0xFF] * half + [0x00] * half,
    }[code]


def widen(row):
    wide = 0
    for column, at in enumerate(WIDEN):
        if row << column & 0x80:
            wide |= 0xC0 >> at
    return wide


def glyph(code, height, tall, small):
    if code in FRAMES:
        return frame(code, height)
    if 0xB0 <= code <= 0xDF:
        return block(code, height)
    if height == 8:
        return [widen(row) for row in small[code]]
    above = (height - 13) // 2
    return [0] * above + tall[code] + [0] * (height - 13 - above)


def main():
    tall, small = {}, {}
    for line in open(sys.argv[1], encoding="ascii"):
        if not line.startswith("#"):
            code, t, s = line.split()
            tall[int(code, 16)] = list(bytes.fromhex(t))
            small[int(code, 16)] = list(bytes.fromhex(s))
    if sys.argv[2:3] == ["--show"]:
        height = int(sys.argv[3])
        for first in range(0, 256, 16):
            rows = [glyph(c, height, tall, small) for c in range(first, first + 16)]
            for y in range(height):
                print("".join(f"{g[y]:08b}" for g in rows).replace("0", ".").replace("1", "#"))
        return
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Made by font.py from fixed.hex. */")
    print('    .section .tables, "a"')
    for height in (16, 14, 8):
        print(f"    .globl font_8x{height}\nfont_8x{height}:")
        for code in range(256):
            rows = ", ".join(f"0x{row:02x}" for row in glyph(code, height, tall, small))
            print(f"    .byte {rows}")
    print('    .section .note.GNU-stack, "", @progbits')


main()
