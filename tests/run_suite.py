#!/usr/bin/env python3
"""Helper of `./run test`: which targets the unit tests of a build need, and how many test cases a
`meson test` run passed and failed.

Cases come from meson's JUnit file (GoogleTest cases, TAP lines); every test's own verdict comes
from testlog.json, because JUnit misses programs that crash, time out or exit with an error after
their last case. A skipped case is a failure: a judge that did not sit has not acquitted.
"""

import argparse
import json
import pathlib
import sys
import xml.etree.ElementTree as xml

NOT_UNIT = {'lint', 'integration'}
BAD = {'FAIL', 'ERROR', 'TIMEOUT', 'INTERRUPT', 'UNEXPECTEDPASS', 'SKIP'}


def unit_targets(build, suite):
    """Returns the ninja targets that the tests outside NOT_UNIT run or depend on; of those in
    `suite`, when it is given."""
    info = build / 'meson-info'
    files = {}
    for target in json.loads((info / 'intro-targets.json').read_text()):
        files[target['id']] = [str(pathlib.Path(f).relative_to(build)) for f in target['filename']]
    wanted = set()
    for test in json.loads((info / 'intro-tests.json').read_text()):
        suites = {name.split(':')[-1] for name in test['suite']}
        if not NOT_UNIT & suites and suite in {None, *suites}:
            wanted.update(f for target in test['depends'] for f in files[target])
    return sorted(wanted)


def plain(name):
    """Returns the test's name of meson's "project:suite / name" or "project / name"."""
    return name.rpartition(' / ')[2]


def read_verdicts(logs):
    """Returns {test's name: worst result} from testlog.json, one object a line."""
    verdicts = {}
    for log in logs:
        for line in log.read_text().splitlines():
            test = json.loads(line)
            name = plain(test['name'])
            if verdicts.get(name) not in BAD:
                verdicts[name] = test['result']
    return verdicts


def read_cases(junits, names):
    """Yields (test, case, passed) for every case in the JUnit files."""
    by_length = sorted(names, key=len, reverse=True)
    for suite in (s for junit in junits for s in xml.parse(junit).getroot().iter('testsuite')):
        # "project.test" (TAP), "project.test.Fixture" (GoogleTest), "project" (exit code)
        rest = plain(suite.get('name', '').partition('.')[2])
        owner = next((n for n in by_length if rest == n or rest.startswith(n + '.')), None)
        for case in suite.iter('testcase'):
            bad = any(case.find(tag) is not None for tag in ('failure', 'error', 'skipped'))
            not_run = case.get('status') == 'notrun'
            name = plain(case.get('name', ''))
            if owner and rest != owner:
                name = f'{rest[len(owner) + 1:]}.{name}'
            yield owner or name, name, not (bad or not_run)


def show_tap(logs):
    """Prints the failed lines of TAP programs and their comments, which meson keeps to itself."""
    for log in logs:
        for line in log.read_text().splitlines():
            test = json.loads(line)
            bad = False
            for out in (test.get('stdout') or '').splitlines():
                if out.startswith(('ok ', 'not ok ')):
                    bad = out.startswith('not ok ') or '# SKIP' in out.upper()
                if bad or out.startswith('Bail out!'):
                    print(f'{plain(test["name"])}: {out}', file=sys.stderr)


def count(build, status, label):
    """Returns (passed, names of what failed) of the last `meson test` in `build`."""
    logs = build / 'meson-logs'
    verdicts = read_verdicts(logs.glob('testlog*.json'))  # --wrapper changes the stem
    passed, failed, tests_with_failures = [], [], set()
    for test, case, good in read_cases(logs.glob('testlog*.junit.xml'), verdicts):
        if good:
            passed.append((test, case))
        else:
            failed.append(f'{label}: {test}: {case}')
            tests_with_failures.add(test)
    for test, verdict in verdicts.items():
        if verdict in BAD and test not in tests_with_failures:
            # An exit-code test stands in the JUnit file under its own name: not passed after all.
            passed = [(t, c) for t, c in passed if t != test or c != test]
            failed.append(f'{label}: {test}: {verdict.lower()}')
    if not passed and not failed:
        failed.append(f'{label}: no test ran')
    elif status != 0 and not failed:
        failed.append(f'{label}: meson test ended with {status}')
    return len(passed), failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    sub = parser.add_subparsers(dest='do', required=True)
    targets = sub.add_parser('targets')
    targets.add_argument('build', type=pathlib.Path)
    targets.add_argument('--suite')
    counts = sub.add_parser('count')
    counts.add_argument('build', type=pathlib.Path)
    counts.add_argument('--status', type=int, default=0)
    counts.add_argument('--label', default='tests')
    args = parser.parse_args()
    build = args.build.resolve()
    if args.do == 'targets':
        print('\n'.join(unit_targets(build, args.suite)))
        return 0
    show_tap((build / 'meson-logs').glob('testlog*.json'))
    passed, failed = count(build, args.status, args.label)
    print(f'passed\t{passed}\nfailed\t{len(failed)}')
    for name in failed:
        print(f'case\t{name}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
