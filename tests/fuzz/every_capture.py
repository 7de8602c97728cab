#!/usr/bin/env python3
"""Every capture of a directory through every scenario, by every port: every_capture.py [DIR] ERBIUM

    every_capture.py /data build/asan/cli/erbium --jobs 2
    every_capture.py pcaps build/asan/cli/erbium --sample 40

DIR is searched in depth, default pcaps/; what is no capture is tried as well, and refused. A run
is a finding when a sanitizer speaks, a signal or the time limit ends it, its exit code is none that
README.md documents for a replay, or its counters do not add up (tests/oracle/conservation.py).
Prints each finding with its command, then a table; the exit code is 1 when there is one.
"""

import argparse
import collections
import concurrent.futures
import fnmatch
import functools
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path += [os.path.join(ROOT, "tests", "integration"), os.path.join(ROOT, "tests", "oracle")]
from harness import environment, shipped  # noqa: E402
import conservation  # noqa: E402
from run import Run  # noqa: E402

DONE, FAILED, REFUSED = 0, 1, 4  # done, an expectation failed, a capture is refused or damaged
SANITIZER = 99  # the exit code it is told to use, which erbium never does
SPEAKS = re.compile(r"runtime error:|Sanitizer", re.M)
OPTIONS = {"ASAN_OPTIONS": f"exitcode={SANITIZER}:detect_leaks=1",
           "UBSAN_OPTIONS": f"halt_on_error=1:print_stacktrace=1:exitcode={SANITIZER}"}


def captures(directory, pattern):
    paths = (os.path.join(folder, name) for folder, _, names in os.walk(directory)
             for name in names)
    return sorted(p for p in paths if fnmatch.fnmatch(os.path.relpath(p, directory), pattern))


@functools.cache
def ports(path):
    with open(path, encoding="utf-8") as file:
        return list(yaml.safe_load(file)["ports"])


def matrix(args):
    """(capture, scenario, port): all of them, or with --turn one port for each capture."""
    wanted = {name: path for name, path in shipped().items()
              if any(fnmatch.fnmatch(name, glob) for glob in args.scenarios.split(","))}
    cells = []
    for n, capture in enumerate(captures(args.directory, args.captures)):
        for m, (name, path) in enumerate(wanted.items()):
            names = ports(path)
            chosen = [names[(n + m) % len(names)]] if args.turn else names
            cells += [(capture, name, path, port) for port in chosen]
    return cells


def sampled(cells, count):
    """`count` of them, evenly: scenarios and captures both come round."""
    by_capture = collections.defaultdict(list)
    for cell in cells:
        by_capture[cell[0]].append(cell)
    rows, out = list(by_capture.values()), []
    for n in range(min(count, len(cells))):
        row = rows[n % len(rows)]
        out.append(row.pop((n * 29) % len(row)))
    return out


def wrong_counts(out):
    """What does not add up in the run's files, whole or partial; nothing where it wrote none."""
    for name in ("summary.json", "counters.json"):
        partial = os.path.join(out, name + ".partial")
        if os.path.exists(partial):
            os.rename(partial, os.path.join(out, name))
    if not os.path.exists(os.path.join(out, "summary.json")):
        return []
    try:
        return conservation.judge(Run(out), captures=False)
    except (OSError, ValueError, KeyError) as error:
        return [f"outputs that cannot be judged: {error!r}"]


def judge(done, out):
    """Why the run is a finding; empty where it is none."""
    if SPEAKS.search(done.stderr) or done.returncode == SANITIZER:
        return "a sanitizer speaks"
    if done.returncode not in (DONE, FAILED, REFUSED):
        return f"exit code {done.returncode}"
    if done.returncode == REFUSED and "erbium: " not in done.stderr:
        return "refused without a word"
    return "; ".join(wrong_counts(out))


def replay(erbium, cell, seconds):
    """(exit code, finding, its command and what it said)."""
    capture, _, path, port = cell
    with tempfile.TemporaryDirectory(prefix="erbium-every-") as scratch:
        out = os.path.join(scratch, "out")
        words = [erbium, "replay", capture, "--config", path, "--port", port, "--no-captures",
                 "--out", out]
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=seconds,
                                  errors="replace", env=environment(**OPTIONS))
        except subprocess.TimeoutExpired:
            return "timeout", f"longer than {seconds} s", shlex.join(words)
        return done.returncode, judge(done, out), shlex.join(words) + "\n" + done.stderr[:4000]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", nargs="?", default=os.path.join(ROOT, "pcaps"))
    parser.add_argument("erbium")
    parser.add_argument("--captures", default="*", help="glob on paths below the directory")
    parser.add_argument("--scenarios", default="*", help="globs on names, with commas")
    parser.add_argument("--turn", action="store_true", help="the ports take turns")
    parser.add_argument("--sample", type=int, help="only so many runs, evenly chosen")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="at a time")
    parser.add_argument("--seconds", type=int, default=300, help="most for one run")
    args = parser.parse_args()
    cells = matrix(args)
    if args.sample:
        cells = sampled(cells, args.sample)
    if not cells:
        sys.exit("no capture, or no scenario, is called so")
    began, codes, findings = time.monotonic(), collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        runs = pool.map(lambda cell: replay(args.erbium, cell, args.seconds), cells)
        for code, why, said in runs:
            codes[code] += 1
            if why:
                findings += 1
                print(f"finding: {why}\n  {said}", flush=True)
    table = [("captures", len({c[0] for c in cells})), ("scenarios", len({c[1] for c in cells})),
             ("runs", len(cells))]
    table += [(f"exit code {code}", count) for code, count in sorted(codes.items(), key=str)]
    table += [("findings", findings), ("minutes", f"{(time.monotonic() - began) / 60:.1f}")]
    for key, value in table:
        print(f"{key:<14} {value}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
