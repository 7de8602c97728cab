#!/usr/bin/env python3
"""Counts of run_suite.py on hand-written logs of meson 1.0: cases pass, fail, are skipped, and
programs crash, time out, or exit with an error after their last good case. Prints TAP.
"""

import json
import pathlib
import sys
import tempfile

import run_suite

GTEST = '''<testsuite name="erbium.fib.{group}"><testcase name="A" status="run"/>
<testcase name="B" status="run">{inner}</testcase></testsuite>'''
TAP = '''<testsuite name="erbium.erbium:lint / lint"><testcase name="1 - a"/>
<testcase name="2 - b">{inner}</testcase></testsuite>'''
EXIT = '<testsuite name="erbium"><testcase name="erbium / slow">{inner}</testcase></testsuite>'

# (what, JUnit suites, {test: result}, meson's exit code, passed, names of the failed)
CASES = [
    ('all pass', GTEST.format(group='Fib', inner='') + TAP.format(inner=''),
     {'erbium / fib': 'OK', 'erbium:lint / lint': 'OK'}, 0, 4, []),
    ('a GoogleTest case fails', GTEST.format(group='Fib', inner='<failure/>'),
     {'erbium / fib': 'FAIL'}, 1, 1, ['fib: Fib.B']),
    ('a GoogleTest case is skipped', GTEST.format(group='Fib', inner='<skipped/>'),
     {'erbium / fib': 'OK'}, 0, 1, ['fib: Fib.B']),
    ('a TAP case fails', TAP.format(inner='<failure/>'),
     {'erbium:lint / lint': 'FAIL'}, 1, 1, ['lint: 2 - b']),
    ('a TAP program fails after its last case', TAP.format(inner=''),
     {'erbium:lint / lint': 'ERROR'}, 1, 2, ['lint: error']),
    ('a program times out', EXIT.format(inner=''), {'erbium / slow': 'TIMEOUT'}, 1, 0,
     ['slow: timeout']),
    ('a program crashes', EXIT.format(inner='<failure/>'), {'erbium / slow': 'FAIL'}, 1, 0,
     ['slow: slow']),
    ('one of two programs crashes without a case', GTEST.format(group='Fib', inner=''),
     {'erbium / fib': 'OK', 'erbium / fib_trie': 'FAIL'}, 1, 2, ['fib_trie: fail']),
    ('meson fails without a failed case', TAP.format(inner=''), {'erbium:lint / lint': 'OK'}, 9, 2,
     ['meson test ended with 9']),
    ('nothing ran', '', {}, 0, 0, ['no test ran']),
]


def counted(suites, results, status):
    """Returns what run_suite counts in a build directory with these logs."""
    with tempfile.TemporaryDirectory() as directory:
        logs = pathlib.Path(directory) / 'meson-logs'
        logs.mkdir()
        (logs / 'testlog.junit.xml').write_text(f'<testsuites>{suites}</testsuites>')
        lines = [json.dumps({'name': n, 'result': r}) for n, r in results.items()]
        (logs / 'testlog.json').write_text('\n'.join(lines))
        return run_suite.count(pathlib.Path(directory), status, 'x')


def main():
    print(f'1..{len(CASES)}')
    good = True
    for number, (what, suites, results, status, passed, failed) in enumerate(CASES, 1):
        found = counted(suites, results, status)
        same = found == (passed, [f'x: {name}' for name in failed])
        good = good and same
        print(f'{"ok" if same else "not ok"} {number} - {what}')
        if not same:
            print(f'# counted {found}')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
