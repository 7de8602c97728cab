#!/usr/bin/env python3
"""The scenario library: library_test.py ERBIUM

One command runs every test that operators run, and ends in one table. What the scenarios show
beyond their own expectations is read from their reports and captures: which way flows went, what
leaked, who answered ARP.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

from harness import CONFIGS, Scratch, Tap, environment, program, run

import pcapng

DONE, MISSED, USAGE, NOT_FOUND, INVALID, INTERRUPTED = 0, 1, 2, 3, 4, 130
TESTS = {f"T{n}" for n in range(1, 15)}
PAINS = {f"pain-{n}" for n in (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14)}
TRAPS = {f"trap-{n}" for n in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14)}
SECONDS = 60  # all of T1 to T14
ARP, REQUEST, REPLY = b"\x08\x06", 1, 2


def erbium_run(*words, **more):
    return run([program(), "run", *words], timeout=300, **more)


def whole_library(tap, out):
    """One command for all tests, pains and traps; {name: result}."""
    done = erbium_run(CONFIGS, "--covers", "T,pain,trap", "--out", out, "-o", "json")
    tap.ok(done.returncode == DONE, "all that covers a test, a pain or a trap does what it expects",
           done.stdout[-3000:], done.stderr)
    said = json.loads(done.stdout)
    runs = {r["name"]: r for r in said["scenarios"]}
    covered = {label for r in runs.values() for label in r["covers"]}
    tap.same(sorted(covered), sorted(TESTS | PAINS | TRAPS), "all of them are covered")
    wall = sum(r["wall_ns"] for r in runs.values() if TESTS & set(r["covers"]))
    tap.ok(wall < SECONDS * 10**9, f"T1 to T14 take less than {SECONDS} s", wall)
    tap.ok(all(r["expectations"] for r in runs.values()), "each expects something",
           [r["name"] for r in runs.values() if not r["expectations"]])
    tap.ok(all(os.path.exists(os.path.join(out, name, "summary.json")) for name in runs),
           "each has a directory of its own")
    first = [min((int(label[1:]) for label in r["covers"] if label in TESTS), default=99)
             for r in said["scenarios"]]
    tap.same(first, sorted(first), "they run in the order of the tests")
    return runs


def windows(out, name, event):
    """{stream: (path before, path after)} of the first event of that name."""
    with open(os.path.join(out, name, "failover.json"), encoding="utf-8") as file:
        said = json.load(file)
    number = next(i for i, e in enumerate(said["events"]) if e["what"] == event)
    return {o["stream"]: (o["path_before"], o["path_after"]) for o in said["outages"]
            if o["event"] == number}


def ways(tap, out):
    """Who goes which way, before the event and behind it."""
    after = {s: b for s, (_, b) in windows(out, "shutdown-secondary", "bgp_down").items()}
    before = {a for a, _ in windows(out, "shutdown-secondary", "bgp_down").values()}
    tap.ok(all("er-sjc/primary" in way for way in after.values()) and
           any("er-sjc/secondary" in way for way in before),
           "T2: flows were on both links, then all are on the primary", before, after)
    moved = windows(out, "prepend", "prepend")
    tap.ok(all("er-sjc/secondary" in b for s, (_, b) in moved.items() if s.endswith("/back")) and
           all(a == b for s, (a, b) in moved.items() if not s.endswith("/back")) and
           any("er-sjc/primary" in a for s, (a, _) in moved.items() if s.endswith("/back")),
           "T3: prepending on the primary moves what comes from Azure, and nothing else", moved)
    for name in ("circuit-loss", "circuit-loss-prefix", "circuit-loss-prepend"):
        found = windows(out, name, "link_down")
        tap.ok(all("er-sjc/" in a and "er-sea/" in b for a, b in found.values()),
               f"T7, {name}: from one circuit to the other", found)
    backup = windows(out, "vpn-backup", "link_down")
    back = windows(out, "vpn-backup", "link_down_ends")
    tap.ok(all("er-sjc/" in a and b == "branch-vpn" for a, b in backup.values()) and
           all("er-sjc/" in b for _, b in back.values()),
           "T8: from the circuit to the VPN and back", backup, back)
    static = windows(out, "vpn-static", "link_down")["branch-to-app/back"]
    later = windows(out, "vpn-static", "link_down_ends")["branch-to-app/back"]
    tap.same(static + later, ("branch-vpn",) * 4,
             "pain 5: what Azure sends stays on the static prefix of the VPN")


def drops_of(out, name):
    with open(os.path.join(out, name, "summary.json"), encoding="utf-8") as file:
        return json.load(file)["drops"]


def firewall(tap, out):
    drops = drops_of(out, "stateful-failover")
    tap.ok(drops.get("flow_other_way", 0) > 9900, "T14: answers come by the other link", drops)
    drops = drops_of(out, "asymmetric-stateful")
    tap.ok(drops.get("flow_other_way", 0) >= 4990, "pain 11: all of them do", drops)


def probes(path, direction="out"):
    """Times of the probes in a capture, in ns."""
    return [p.ts_ns for p in pcapng.read(path).packets
            if b"ErSt" in p.data and p.direction == direction]


def leak(tap, out):
    """T11: packets leave by the Internet while the default route is gone, and only then."""
    directory = os.path.join(out, "default-route", "ports")
    leaked = probes(os.path.join(directory, "internet.pcapng"))
    kept = probes(os.path.join(directory, "branch.pcapng"))
    tap.ok(leaked and kept and 9.9e9 < leaked[-1] - leaked[0] < 10.1e9 and
           not any(leaked[0] + 10**8 < at < leaked[-1] - 10**8 for at in kept),
           "T11: for ten seconds the Internet gets what went on premises", len(leaked), len(kept))


def in_the_clear(tap, out):
    """Pain 9: the sniffer on the circuit reads what a VPN was meant to carry."""
    links = os.path.join(out, "vpn-same-prefix", "links")
    clear = sum(len(probes(os.path.join(links, f"er-sjc.{link}.pcapng"), way))
                for link in ("primary", "secondary") for way in ("in", "out"))
    vpn = pcapng.read(os.path.join(links, "branch-vpn.pcapng")).packets
    tap.ok(clear == 1000 and vpn and not any(b"ErSt" in p.data for p in vpn),
           "pain 9: every probe is on the circuit, none on the VPN", clear, len(vpn))


def arp(tap, out):
    """Pain 13: requests of both ends, and nobody answers them."""
    for name in ("wrong-vlan", "swapped-addresses"):
        packets = pcapng.read(os.path.join(out, name, "links", "er-sjc.primary.pcapng")).packets
        frames = [p.data[14:] if p.data[12:14] != b"\x81\x00" else p.data[16:] for p in packets]
        operations = [int.from_bytes(f[8:10], "big") for f in frames if f[:2] == ARP]
        tags = {int.from_bytes(p.data[14:16], "big") & 0xFFF for p in packets}
        tap.ok(REQUEST in operations and REPLY not in operations,
               f"pain 13, {name}: ARP is asked and not answered", operations[:20])
        tap.same(tags, {100, 101} if name == "wrong-vlan" else {100}, f"... {name}: the tags")


def table(tap, scratch):
    """What a user sees of several runs, and the exit codes."""
    out = scratch.new_run()
    good = os.path.join(CONFIGS, "link-down.yaml")
    other = os.path.join(CONFIGS, "asymmetric-stateless.yaml")
    done = erbium_run(good, other, "--out", out)
    lines = done.stdout.splitlines()
    tap.ok(done.returncode == DONE and
           lines[0].split() == ["SCENARIO", "COVERS", "RESULT", "VIRTUAL", "WALL"] and
           re.match(r"link-down +T14 +ok +\S+ s +\S+ s$", lines[1]) and
           re.match(r"  ok      branch-to-app, link_down: outage <= 15ms is ", lines[2]) and
           re.match(r"2 scenarios, 2 ok; \d+\.\d{3} s of scenario time in ", lines[-1]),
           "a table: a line for each, its expectations, and the total", done.stdout)
    tap.ok(all(len(line) <= 80 for line in lines[:-1]), "which fits 80 columns", done.stdout)
    tap.ok("\r" not in done.stderr, "no progress where nobody watches", done.stderr)
    with open(good, encoding="utf-8") as file:
        missed = scratch.file("missed.yaml", file.read().replace("<= 15ms", "<= 1us"))
    broken = scratch.file("broken.yaml", "erbium: 1\nname: broken\nports: 7\n")
    done = erbium_run(broken, other, "--out", out)
    tap.ok(done.returncode == INVALID and re.search(r"^broken .* exit 4 ", done.stdout, re.M) and
           re.search(r"^asymmetric-stateless .* ok ", done.stdout, re.M) and
           "broken.yaml:3:" in done.stderr, "a file that is wrong does not keep the next from "
           "running: exit 4", done.stdout, done.stderr)
    done = erbium_run(broken, missed, "--out", out)
    tap.ok(done.returncode == MISSED and " MISSED " in done.stdout, "a missed expectation: exit 1",
           done.stdout)
    done = erbium_run(missed, "--covers", "T14,pain-2", "--out", out, "-o", "json")
    said = json.loads(done.stdout)
    tap.ok(done.returncode == MISSED and said["exit_code"] == MISSED and
           said["scenarios"][0]["expectations"][0]["passed"] is False, "the same as JSON", said)
    folder = os.path.join(scratch.path, "folder")
    os.makedirs(folder)
    for name in ("withdraw", "live-veth"):
        with open(os.path.join(CONFIGS, name + ".yaml"), encoding="utf-8") as file:
            scratch.file(f"folder/{name}.yaml", file.read())
    done = erbium_run(folder, "--out", out)
    tap.ok(done.returncode == DONE and "\n1 scenario, 1 ok;" in done.stdout and
           "live-veth.yaml has neither captures nor probes" in done.stderr,
           "a directory: what has nothing to run is named and left out", done.stdout, done.stderr)


def interrupted(tap, scratch):
    """Ctrl-C ends the run that is on, and the others do not begin."""
    out = scratch.new_run()
    child = subprocess.Popen([program(), "run", CONFIGS, "--out", out], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, env=environment())
    while not os.path.isdir(out):
        time.sleep(0.05)
    time.sleep(1)
    child.send_signal(signal.SIGTERM)
    said, _ = child.communicate(timeout=60)
    left = len(os.listdir(CONFIGS)) - len(os.listdir(out))
    tap.ok(child.returncode == INTERRUPTED and said.startswith("SCENARIO") and left > 10,
           "SIGTERM: exit 130 with the table of those that ran", child.returncode, left, said)


def main():
    tap = Tap()
    with Scratch() as scratch:
        out = scratch.new_run()
        whole_library(tap, out)
        for judge in (ways, firewall, leak, in_the_clear, arp):
            judge(tap, out)
        table(tap, scratch)
        interrupted(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
