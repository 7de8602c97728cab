#!/usr/bin/env python3
"""Runs the project's lints over the tree and prints TAP: one line a rule, findings as comments.

usage: lint.py [--root DIR] [RULE...]      exit code 1 when a rule finds something
"""

import argparse
import functools
import pathlib
import sys

import boundaries
import purity
import shape
import source

# rule: a function from the root to its findings
RULES = {
    'boundaries': boundaries.check,
    **{rule: functools.partial(purity.check_rule, rule=rule) for rule in purity.RULES},
    'lengths': shape.lengths,
    'stage-tests': shape.stage_tests,
    'left-overs': shape.left_overs,
    'machine-paths': shape.machine_paths,
    'isa-arguments': shape.isa_arguments,
    'compiled': shape.compiled,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--root', type=pathlib.Path, default=source.ROOT)
    parser.add_argument('rules', nargs='*', metavar='RULE')
    args = parser.parse_args()
    unknown = [rule for rule in args.rules if rule not in RULES]
    if unknown:
        parser.error(f'unknown rule {unknown[0]}; there are: {" ".join(RULES)}')
    root = args.root.resolve()
    rules = args.rules or list(RULES)
    print(f'1..{len(rules)}')
    good = True
    for number, rule in enumerate(rules, 1):
        findings = RULES[rule](root)
        print(f'{"not ok" if findings else "ok"} {number} - {rule}')
        for finding in findings:
            print(f'# {finding}')
        good = good and not findings
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
