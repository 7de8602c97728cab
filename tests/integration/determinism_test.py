#!/usr/bin/env python3
"""The same scenario gives the same bytes, whatever the burst size, the lookahead, the compiler, the
optimisation, the sanitizer, and however often it runs: determinism_test.py ERBIUM

The first build runs the whole matrix, three times the default; of scenarios with probes, which are
long and many, only those of WHOLE, of the others every burst and every lookahead once. Each other
build of ERBIUM_BINARIES runs the default and the two corners of the matrix; under ASan the loads
and the failovers run once.
"""

import concurrent.futures
import os
import shutil
import sys

from harness import CONFIGS, ROOT, Scratch, Tap, binaries, files_of, run, scenarios

BURSTS, DIVISORS = (1, 4, 7, 32), (1, 2, 4)
MATRIX = [(burst, divisor) for burst in BURSTS for divisor in DIVISORS]
CORNERS = [(1, 4), (7, 2)]
DIAGONAL = [(1, 4), (4, 2), (7, 1), (32, 4)]
DEFAULT = (32, 1)
WHOLE = ("failover-bfd", "maintenance", "graceful-restart", "hold-timer", "microsoft-peering")
LOADS = ("overload-1gbps", "both-links-2gbps")


def output(scratch, job):
    """(job, files of the run, its error text)"""
    name, path, binary, (burst, divisor) = job
    out = scratch.new_run()
    done = run([binary, "run", path, "--out", out, "--burst", burst,
                "--lookahead-divisor", divisor])
    files = files_of(out) if done.returncode == 0 else {}
    shutil.rmtree(out, ignore_errors=True)
    return job, files, done.stderr if done.returncode else ""


def settings(first, build, name, path):
    with open(path, encoding="utf-8") as file:
        long = name in LOADS or "\nprobes:" in file.read()
    if first:
        return [DEFAULT] * 2 + (DIAGONAL if long and name not in LOADS + WHOLE else MATRIX)
    return [DEFAULT] if build == "asan" and long else [DEFAULT] + CORNERS


def ageing(scratch):
    """Neighbours that age again and again while packets fly, a timeline event every so often."""
    with open(os.path.join(CONFIGS, "failing-link.yaml"), encoding="utf-8") as file:
        text = file.read().replace("../pcaps", os.path.join(ROOT, "pcaps"))
    return scratch.file("ageing.yaml", text.replace("time: {", "time: { arp_age: 1s,").encode())


def main():
    tap, builds = Tap(), binaries()
    with Scratch() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        every = {**scenarios(), "ageing": ageing(scratch)}
        for index, (build, binary) in enumerate(builds.items()):
            jobs = [(name, path, binary, setting) for name, path in every.items()
                    for setting in settings(index == 0, build, name, path)]
            by_scenario = {}
            for job, files, error in pool.map(lambda j: output(scratch, j), jobs):
                by_scenario.setdefault(job[0], []).append((job[3], files, error))
            if index == 0:
                reference = {name: runs[0][1] for name, runs in by_scenario.items()}
            for name, runs in by_scenario.items():
                wrong = [f"burst {s[0]}, lookahead / {s[1]}: {error or changed(reference[name], f)}"
                         for s, f, error in runs if f != reference[name] or not f]
                tap.ok(not wrong, f"{name}: {len(runs)} runs of {build} give the same bytes",
                       *wrong)
    return tap.done()


def changed(before, after):
    return [f for f in sorted({**before, **after}) if before.get(f) != after.get(f)]


if __name__ == "__main__":
    sys.exit(main())
