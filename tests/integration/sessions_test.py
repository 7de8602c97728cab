#!/usr/bin/env python3
"""Sessions and what is told of them: when replay starts, what a lost carrier does, which packets
the table counts, and peerings that are switched off: sessions_test.py ERBIUM"""

import json
import os
import re
import sys

from harness import CONFIGS, Scratch, Tap, program, run

WARNINGS, USAGE = 7, 2


def scenario(timeline="[]", extra="", edits=()):
    with open(os.path.join(CONFIGS, "failover-bfd.yaml"), encoding="utf-8") as file:
        text = file.read().partition("timeline:")[0]
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return (text.replace("pps: 1000", "pps: 100") + f"timeline: {timeline}\n" +
            "time: { duration: 10s }\n" + extra)


def summary(directory):
    with open(os.path.join(directory, "summary.json"), encoding="utf-8") as file:
        return json.load(file)


def events(directory, *what):
    return [e for e in summary(directory)["events"] if e["what"] in what]


def start(directory):
    return events(directory, "replay_start")[0]["at_ns"]


def run_of(tap, scratch, name, text, *words, code=0):
    out = scratch.new_run()
    done = run([program(), "run", scratch.file(name + ".yaml", text), "--out", out, *words])
    tap.ok(done.returncode == code, f"{name}: exit {code}", done.returncode, done.stdout,
           done.stderr)
    return out, done


def late_gateways(tap, scratch):
    out, _ = run_of(tap, scratch, "gateway-delay", scenario(edits=[
        ("vnets:", "control: { gateway_delay: { min: 4s, max: 5s } }\nvnets:")]))
    late = [e for e in events(out, "routes") if e["at_ns"] > start(out)]
    tap.same(late, [], "replay waits for UPDATEs that gateways have yet to get")


def never_up(tap, scratch):
    text = scenario(edits=[("    local_preference:", "    mistakes: [{ link: er-sjc/primary, "
                                                    "vlan: 101 }]\n    local_preference:")])
    out, done = run_of(tap, scratch, "never-up", text)
    wanted = "er-sjc/primary/private ipv4 is Active after 60 s; replay starts without it"
    told = [line for line in done.stderr.splitlines() if "replay starts without it" in line]
    noted = [e["text"] for e in events(out, "not_converged")]
    tap.ok(len(told) == 1 and told == [f"erbium: warning: failover-bfd: {text}" for text in noted],
           "sessions that do not come up are told once", done.stderr, noted)
    tap.ok(re.fullmatch(wanted.replace("Active", r"\w+"), noted[0] if noted else ""),
           "by name, state and time", noted)
    with open(os.path.join(out, "report.html"), encoding="utf-8") as file:
        tap.ok(noted and noted[0] in file.read(), "also in the report")
    run_of(tap, scratch, "never-up-strictly", text, "--strict", code=WARNINGS)


def carrier(tap, scratch):
    out, done = run_of(tap, scratch, "carrier",
                       scenario("[{ at: 2s, do: link_down, target: er-sjc/primary }]"))
    down = start(out) + 2_000_000_000
    bgp = [e for e in events(out, "bgp_session_down") if e["at_ns"] >= down]
    tap.ok(len(bgp) == 2 and all(e["text"].endswith(" link down") for e in bgp),
           "a lost carrier ends the session as that", bgp)
    bfd = [e for e in events(out, "bfd_down") if e["at_ns"] >= down]
    tap.ok(len(bfd) == 2 and all(e["at_ns"] == bgp[0]["at_ns"] and "Path Down" in e["text"]
                                 for e in bfd), "and BFD with it", bfd)
    ends = run([program(), "show", "bfd", out, "-o", "json"])
    states = {row["session"]: row["state"] for table in json.loads(ends.stdout)["tables"]
              for row in table["rows"]}
    tap.ok(states.get("er-sjc/primary/private ipv4") == "Down" and
           states.get("er-sjc/secondary/private ipv4") == "Up", "which stays down", states)
    balance(tap, done.stdout)


def balance(tap, text):
    rows = [line.rsplit(None, 1) for line in text.partition("PACKETS\n")[2].partition("\n\n")[0]
            .splitlines()]
    counts = [(name.strip(), int(n.replace(",", ""))) for name, n in rows]
    came = sum(n for name, n in counts if name.startswith(("rx", "originated", "copied")))
    went = sum(n for name, n in counts) - came
    tap.ok(came == went and "delivered to sessions" in dict(counts),
           "the rows of PACKETS add up", came, went, text)


def short_loss(tap, scratch):
    out, _ = run_of(tap, scratch, "flap", scenario(
        "[{ at: 2s, do: link_down, target: er-sjc/primary, for: 500us }]"))
    lost = [e for e in events(out, "bgp_session_down") if e["at_ns"] > start(out)]
    tap.ok(len(lost) == 2, "a carrier lost for half a latency of control ends the session", lost)


def stages(tap, scratch):
    out, done = run_of(tap, scratch, "stages", scenario(
        "[{ at: 2s, do: silent_drop, target: er-sjc/primary, for: 2s }]"))
    shown = run([program(), "show", "circuits", out, "--at", "3s"])
    tap.ok(re.search(r"silent +up +private\n", shown.stdout),
           "a silent link is no link without carrier", shown.stdout)
    with open(os.path.join(out, "failover.json"), encoding="utf-8") as file:
        found = json.load(file)
    names = [[s["stage"] for s in c["stages"]] for c in found["convergence"]]
    tap.ok(len(names) == 2 and "BFD down" in names[0] and
           names[1].index("BFD up") < names[1].index("BGP up") < names[1].index("FIB applied"),
           "recovery has BFD up and BGP up", names)
    tap.ok(all(s["last_after_event_ns"] >= s["after_event_ns"] and
               s.get("verdict", "within bound") == "within bound"
               for c in found["convergence"] for s in c["stages"]),
           "the last of each stage is within the bound", found["convergence"])
    tap.ok("\n2.000 s  silent_drop er-sjc/primary both\n" in done.stdout,
           "the table counts from the replay's start", done.stdout)


def disabled(tap, scratch):
    out, _ = run_of(tap, scratch, "disabled", scenario(edits=[
        ("peer_asn: 65001", "peer_asn: 65001\n        state: disabled")]))
    for words in (["bgp", "summary"], ["routes"], ["arp"], ["bfd"]):
        done = run([program(), "show", *words, out, "--node", "msee-a"])
        tap.ok(done.returncode == 0 and
               "msee-a er-sjc/primary/private: peering private is Disabled" in done.stdout,
               f"show {words[0]} says that the peering is disabled", done.stdout, done.stderr)
    done = run([program(), "show", "bgp", "routes"])
    tap.ok(done.returncode == USAGE and "`show bgp summary`, or `show routes`" in done.stderr,
           "`show bgp routes` says what to write", done.stderr)


def main():
    tap = Tap()
    with Scratch() as scratch:
        for test in (late_gateways, never_up, carrier, short_loss, stages, disabled):
            test(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
