#!/usr/bin/env python3
"""Replays every capture of directories without a scenario and prints what came of each, as a
Markdown table: replay_table.py ERBIUM DIRECTORY...

The columns: the capture, the sides that were inferred, packets that came in and went out, drops by
reason; of one that is refused, the exit code and the one line that says why. Exits 1 when one ends
otherwise: with another exit code than 0 and 4, more than one line of refusal, or packets that do
not add up (conservation.py).
"""

import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

import conservation

SUFFIXES = re.compile(r"\.(pcap|pcapng|cap|dmp)(\.gz|\.zst)?$")
LIMIT_S = 120


def captures(directories):
    for directory in directories:
        for folder, _, names in sorted(os.walk(directory)):
            for name in sorted(names):
                if SUFFIXES.search(name):
                    yield os.path.relpath(os.path.join(folder, name), directory), os.path.join(
                        folder, name)


def some(items, most=3):
    shown = ", ".join(items[:most])
    return shown + (f" +{len(items) - most}" if len(items) > most else "")


def row(program, name, path):
    """(cells, whether something is wrong)"""
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run([program, "replay", path, "--out", out], capture_output=True,
                              text=True, timeout=LIMIT_S, check=False)
        lines = done.stderr.splitlines()
        errors = [line for line in lines if path in line]
        scenario = os.path.join(out, "scenario.yaml")
        sides = ["-", "-"]
        if os.path.exists(scenario):
            with open(scenario, encoding="utf-8") as file:
                network = yaml.safe_load(file)
            sides = [some([a["prefix"] for a in network["onprem"]["ce"]["announce"]]),
                     some(network["vnets"]["azure"]["prefixes"][:-1])]
        summary = os.path.join(out, "summary.json")
        if not os.path.exists(summary):
            summary += ".partial"
        if not os.path.exists(summary):
            text = errors[-1].replace(path, name) if errors else f"{done.stderr[-200:]!r}"
            wrong = done.returncode != 4 or len(lines) != 1
            return [name, *sides, "-", "-", f"exit {done.returncode}: {text}"], wrong
        with open(summary, encoding="utf-8") as file:
            packets = json.load(file)
        counts = packets["packets"]
        drops = ", ".join(f"{k} {v}" for k, v in packets["drops"].items()) or "-"
        if done.returncode == 4 and errors:
            drops += f"; exit 4: {errors[-1].replace(path, name)}"
        wrong = done.returncode not in (0, 4) or (done.returncode == 4) != bool(errors)
        wrong = wrong or conservation.check_summary(packets)
        return [name, *sides, str(counts["rx"]), str(counts["tx"]), drops], wrong


def main(argv):
    if len(argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    print("| capture | on-premises | Azure | in | out | dropped, by reason |")
    print("|---|---|---|---|---|---|")
    failed = 0
    for name, path in captures(argv[2:]):
        cells, wrong = row(os.path.abspath(argv[1]), name, path)
        failed += bool(wrong)
        print("| " + " | ".join(cells) + (" **wrong**" if wrong else "") + " |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
