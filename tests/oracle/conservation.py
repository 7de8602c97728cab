"""Judges that a run lost track of no packet.

    conservation.py RUN_DIR [--no-captures]

The equation rx + originated + copied = tx + dropped + consumed + punted + held + in_flight must
hold for the run (summary.json) and in every ledger of counters.json, that is every object with "in"
and "out": nodes, link directions and ports. The parts must add up to the whole (drops by reason,
causes, ports), and each capture must hold exactly the packets and bytes that summary.json counts
for its port or link direction.
"""

import argparse
import sys

from run import DIRECTION_FLAG, Run, verdict

INTO = ("rx", "originated", "copied")
OUT_OF = ("tx", "dropped", "consumed", "punted", "held", "in_flight")


def total(value):
    """A count, or the sum of a table of counts by reason."""
    return sum(total(v) for v in value.values()) if isinstance(value, dict) else value


def ledgers(tree, path=()):
    """Yields (path, in, out) of every object with both."""
    if not isinstance(tree, dict):
        return
    if "in" in tree and "out" in tree:
        yield "/".join(path), tree["in"], tree["out"]
        return
    for key, value in tree.items():
        yield from ledgers(value, path + (key,))


def check_summary(summary):
    packets, found = summary["packets"], []
    missing = [k for k in INTO + OUT_OF if k not in packets]
    if missing:
        return [f"summary.json packets lacks {missing}"]
    left, right = sum(packets[k] for k in INTO), sum(packets[k] for k in OUT_OF)
    if left != right:
        found.append(f"run: {left} packets came in, {right} are accounted for: {packets}")
    for whole, parts in (("dropped", "drops"), ("originated", "originated"),
                         ("consumed", "consumed")):
        if total(summary[parts]) != packets[whole]:
            found.append(f"run: {whole} {packets[whole]}, by cause {summary[parts]}")
    for side in ("rx", "tx"):
        by_port = sum(p[side]["packets"] for p in summary["ports"].values())
        if by_port != packets[side]:
            found.append(f"run: {side} {packets[side]}, the ports say {by_port}")
    return found


def check_counters(counters, summary):
    found, dropped, seen = [], 0, {}
    for path, into, out_of in ledgers(counters):
        kind = path.split("/")[0]
        seen[kind] = seen.get(kind, 0) + 1
        unknown = [k for k in into if k not in INTO] + [k for k in out_of if k not in OUT_OF]
        if unknown:
            found.append(f"{path}: {unknown} have no place in the equation")
        elif total(into) != total(out_of):
            found.append(f"{path}: {total(into)} came in, {total(out_of)} accounted for: {out_of}")
        dropped += total(out_of.get("dropped", 0))
    for kind, least in (("nodes", 1), ("links", 2 * len(summary["links"])),
                        ("ports", len(summary["ports"]))):
        if seen.get(kind, 0) < least:
            found.append(f"counters.json: {seen.get(kind, 0)} ledgers under {kind}, "
                         f"expected {least}")
    if dropped != summary["packets"]["dropped"]:
        found.append(f"drops of all ledgers {dropped}, of the run {summary['packets']['dropped']}")
    return found


def check_capture(name, capture, flag, counts):
    chosen = [p for p in capture.packets if p.direction == flag]
    packets, size = len(chosen), sum(p.wirelen for p in chosen)
    if (packets, size) == (counts["packets"], counts["bytes"]):
        return []
    return [f"{name}: capture has {packets} packets of {size} bytes, summary.json says "
            f"{counts['packets']} of {counts['bytes']}"]


def check_captures(run):
    found, ports, links = [], run.ports(), run.links()
    for kind, captures, counted in (("port", ports, run.summary["ports"]),
                                    ("link", links, run.summary["links"])):
        for name in sorted(set(captures) ^ set(counted)):
            found.append(f"{kind} {name}: in the captures or in summary.json, not in both")
        for name, capture in captures.items():
            lost = sum(p.direction is None or p.packetid is None for p in capture.packets)
            if lost:
                found.append(f"{kind} {name}: {lost} packets without direction or id")
    for name in ports.keys() & run.summary["ports"].keys():
        for flag, side in (("in", "rx"), ("out", "tx")):
            counts = run.summary["ports"][name][side]
            found += check_capture(f"port {name} {side}", ports[name], flag, counts)
    for name in links.keys() & run.summary["links"].keys():
        for direction, flag in DIRECTION_FLAG.items():
            counts = run.summary["links"][name][direction]
            found += check_capture(f"link {name} {direction}", links[name], flag, counts)
    return found


def judge(run, captures=True):
    found = check_summary(run.summary)
    if not found:
        found += check_counters(run.counters(), run.summary)
    return found + (check_captures(run) if captures else [])


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run")
    parser.add_argument("--no-captures", action="store_true", help="the run wrote none")
    args = parser.parse_args(argv)
    run = Run(args.run)
    return verdict("conservation", judge(run, not args.no_captures), str(run.summary["packets"]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
