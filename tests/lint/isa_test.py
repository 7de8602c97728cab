#!/usr/bin/env python3
"""Disassembles the shipped binary and asserts that erbium's own functions, not only DPDK's, use
the 32-byte registers of the x86-64-v3 baseline (AVX2). Prints TAP.

usage: isa_test.py [BINARY]     default: `gcc-release` of ERBIUM_BINARIES, "name=path;name=path"
"""

import os
import re
import subprocess
import sys

FUNCTION = re.compile(r'^[0-9a-f]+ <(.*)>:$')
AVX2 = re.compile(r'%ymm\d')


def binary():
    if len(sys.argv) > 1:
        return sys.argv[1]
    pairs = [p.partition('=') for p in os.environ.get('ERBIUM_BINARIES', '').split(';')]
    return {name: path for name, _, path in pairs}.get('gcc-release')


def count_uses(path):
    """Returns (erbium's functions, their instructions on 32-byte registers)."""
    functions, uses, ours = 0, 0, False
    dump = subprocess.Popen(['objdump', '--disassemble', '--demangle', '--no-show-raw-insn', path],
                            stdout=subprocess.PIPE, text=True, errors='replace')
    for line in dump.stdout:
        head = FUNCTION.match(line)
        if head:
            ours = 'erbium::' in head[1]
            functions += ours
        elif ours and AVX2.search(line):
            uses += 1
    if dump.wait() != 0:
        raise RuntimeError(f'objdump ended with {dump.returncode}')
    return functions, uses


def main():
    path = binary()
    if path is None or not os.access(path, os.X_OK):
        print('1..1\nnot ok 1 - the shipped binary is there')
        print(f'# {path or "ERBIUM_BINARIES names no gcc-release"}')
        return 1
    functions, uses = count_uses(path)
    print('1..1')
    print(f'{"ok" if uses else "not ok"} 1 - AVX2 in the functions of erbium')
    print(f'# {uses} instructions on 32-byte registers in {functions} functions')
    return 0 if uses else 1


if __name__ == '__main__':
    sys.exit(main())
