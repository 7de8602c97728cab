#!/usr/bin/env python3
"""Runs erbium beside its peers and prints one table: row, ours, peer, ratio, goal, reached.

Everything that a group compares runs in turn, A B A B, for several rounds; a ratio is taken within
a round, its median and best against best are printed. Costs are processor time (schedstat of the
worker, user + system of a process, thread time inside a benchmark), never wall time, so that being
preempted is not charged. Method, machine and limits: bench/README.md.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import contenders  # noqa: E402
import rows  # noqa: E402


def measure_group(group, rounds):
    """Cost by contender and round: {name: [value, ...]}."""
    values = {name: [] for name in group.contenders}
    for number in range(rounds):
        for name, run in group.contenders.items():
            note(f"{group.name}: round {number + 1} of {rounds}, {name}")
            values[name].append(run())
    return values


def compare(row, values):
    """The row's figures from the rounds of its group."""
    ours = [v * row.scale for v in values[row.ours]]
    result = {"row": row.title, "ours": statistics.median(ours), "unit": row.unit,
              "goal": row.goal, "stretch": row.stretch, "at_least": row.at_least, "rounds": ours}
    if row.peer is None:
        result["figure"] = result["best"] = result["ours"]
        if row.at_least:
            result["best"] = max(ours)
        else:
            result["best"] = min(ours)
    else:
        peer = values[row.peer]
        ratios = [a / b for a, b in zip(ours, peer)]
        best = min(ours) / min(peer)
        if row.at_least:  # costs: "n times as fast" is the peer's cost by ours
            ratios, best = [1 / r for r in ratios], 1 / best
        result |= {"peer": statistics.median(peer), "peer_name": row.peer, "peer_rounds": peer,
                   "figure": statistics.median(ratios), "best": best}
    figure = result["figure"]
    meets = (lambda bound: figure >= bound) if row.at_least else (lambda bound: figure <= bound)
    result["reached"] = row.goal is None or meets(row.goal)
    result["stretch_reached"] = row.stretch is not None and meets(row.stretch)
    return result


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(results):
    head = ("row", "ours", "peer", "", "median", "best", "goal", "reached")
    lines = [head]
    for r in results:
        sign = ">=" if r["at_least"] else "<="
        goal = "-" if r["goal"] is None else f"{sign} {number(r['goal'])}"
        if r["stretch"] is not None:
            goal += f" [{number(r['stretch'])}]"
        reached = "-" if r["goal"] is None else "stretch" if r["stretch_reached"] else \
            "yes" if r["reached"] else "NO"
        ratio = "x" if "peer" in r else ""
        lines.append((r["row"], f"{number(r['ours'])} {r['unit']}",
                      number(r.get("peer")) if "peer" in r else "-", r.get("peer_name", ""),
                      number(r["figure"]) + ratio, number(r["best"]) + ratio, goal, reached))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths)).rstrip()
                     for line in lines)


def note(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="groups to run (default: all)")
    parser.add_argument("--build", required=True, type=pathlib.Path, help="build directory")
    parser.add_argument("--quick", action="store_true",
                        help="3 rounds and short ones: shows that it runs, not how fast it is")
    parser.add_argument("--rounds", type=int, help="default 5, with --quick 3")
    parser.add_argument("--json", type=pathlib.Path, help="default: BUILD/bench/results.json")
    options = parser.parse_args()
    rounds = options.rounds or (3 if options.quick else 5)
    # As Ctrl-C does: end what runs and remove what was written.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = pathlib.Path(tempfile.mkdtemp(prefix="erbium-bench-"))
    try:
        bench = contenders.Bench(options.build.resolve(), work, options.quick)
        groups = rows.groups(bench)
        unknown = set(options.names) - {g.name for g in groups}
        if unknown:
            sys.exit(f"run.py: no group {' '.join(sorted(unknown))}; there are: "
                     + " ".join(g.name for g in groups))
        results, failed = [], []
        for group in groups:
            if options.names and group.name not in options.names:
                continue
            try:
                group.prepare()
                values = measure_group(group, 1 if group.once else rounds)
            except contenders.Failed as error:
                failed.append(f"{group.name}: {error}")
                continue
            results += [{"group": group.name} | compare(row, values) for row in group.rows]
        note("")
        print(table(results))
        print(f"\n{rounds} rounds in turn; {contenders.machine()}")
        for line in failed:
            print(f"not run: {line}")
        out = options.json or options.build / "bench" / "results.json"
        out.write_text(json.dumps({"machine": contenders.machine(), "rounds": rounds,
                                   "quick": options.quick, "rows": results,
                                   "not_run": failed}, indent=1) + "\n")
        print(f"figures of every round in {os.path.relpath(out)}")
        return 1 if failed else 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
