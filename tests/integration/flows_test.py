#!/usr/bin/env python3
"""Flows of captures and expectations against judges that share no code with erbium:
flows_test.py ERBIUM

A script takes the frames at the ports apart into flows and measures each of them between the
events of the timeline; failover.json must say the same. Of every kind of expectation one is met
and one is missed, which makes the run exit with 1 and say by how much.
"""

import json
import os
import sys

from harness import CONFIGS, Scratch, Tap, program, run

import frames
import pcapng

IDLE = 1_000_000_000
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp6"}


def read_json(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return json.load(file)


def name_of(data):
    frame = frames.parse(data)
    if not frame or not frame.version:
        return None
    fixed = frame.fixed
    protocol = fixed[9] if frame.version == 4 else fixed[6]
    name = PROTOCOLS.get(protocol, f"protocol {protocol}")
    fragment = frame.version == 4 and int.from_bytes(fixed[6:8], "big") & 0x3FFF
    if protocol not in (6, 17) or fragment:
        return f"{name} {frame.source} > {frame.destination}"
    ends = []
    for address, at in ((frame.source, 0), (frame.destination, 2)):
        text = f"[{address}]" if frame.version == 6 else str(address)
        ends.append(f"{text}:{int.from_bytes(frame.payload[at:at + 2], 'big')}")
    return f"{name} {ends[0]} > {ends[1]}"


class Flow:
    """Its packets as (sent, received or None, way), in the order of sending."""

    def __init__(self, port):
        self.port, self.packets = port, []

    def gaps(self):
        """(from, sent first, sent last, begin, end, count) of every run of lost packets."""
        found, current, heard, last, latency = [], None, None, None, 0
        for sent, received, _ in self.packets:
            if last is not None and sent - last > IDLE:
                if current:
                    found.append(current[:4] + [last] + current[5:])
                current, heard = None, None
            last = sent
            if received is None:
                if current is None:
                    began = sent if heard is None else heard
                    current = [sent + latency, sent, sent, began, sent, 0]
                current[2], current[4], current[5] = sent, sent, current[5] + 1
            else:
                if current:
                    found.append(current[:4] + [sent] + current[5:])
                current, heard, latency = None, sent, received - sent
        return found + ([current] if current else [])

    def measure(self, events):
        """By window: what failover.json says of the flow."""
        def window(at):
            return sum(1 for event in events if event <= at)
        out = {}
        arrivals = [(r, i) for i, (_, r, _) in enumerate(self.packets) if r is not None]
        for i, (sent, received, _) in enumerate(self.packets):
            row = out.setdefault(window(sent), dict(sent=0, received=0, lost=0, reordered=0, gaps=0,
                                                    outage_ns=0, outage_at_least_ns=0))
            row["sent"] += 1
            row["received"] += received is not None
            if received is not None:
                row["reordered"] += any(r < received and j > i for r, j in arrivals)
        for begins, first, final, begin, end, count in self.gaps():
            row = out.setdefault(window(begins), dict(sent=0, received=0, lost=0, reordered=0,
                                                      gaps=0, outage_ns=0, outage_at_least_ns=0))
            row["gaps"] += 1
            row["lost"] += count
            if end - begin > row["outage_ns"]:
                row["outage_ns"], row["outage_at_least_ns"] = end - begin, final - first
        return out

    def way_before(self, at):
        ways = [way for sent, received, way in self.packets if sent < at and received is not None]
        return ", ".join(ways[-1]) if ways else ""


def ways(directory):
    """{packet id: [link, ...]} in the order of travel."""
    seen = {}
    for file in os.listdir(os.path.join(directory, "links")):
        name = file[: -len(".pcapng")].replace(".", "/", 1)
        for packet in pcapng.read(os.path.join(directory, "links", file)).packets:
            seen.setdefault(packet.packetid, []).append((packet.ts_ns, name))
    return {key: [name for _, name in sorted(value)] for key, value in seen.items()}


def flows_of(directory):
    """({name: Flow}, what scenario time 0 is) from the captures of the ports."""
    entered, left = [], {}
    for file in os.listdir(os.path.join(directory, "ports")):
        for packet in pcapng.read(os.path.join(directory, "ports", file)).packets:
            if packet.packetid >= 1 << 48:
                continue  # not of a capture
            if packet.direction == "in":
                port = file[: -len(".pcapng")]
                entered.append((packet.packetid, packet.ts_ns, packet.data, port))
            else:
                left[packet.packetid] = packet.ts_ns
    by, found = ways(directory), {}
    for number, sent, data, port in sorted(entered):
        name = name_of(data)
        if name:
            flow = found.setdefault(name, Flow(port))
            flow.packets.append((sent, left.get(number), by.get(number, [])))
    return found, min(sent for _, sent, _, _ in entered)


def judge_flows(tap, scratch, name):
    out = scratch.new_run()
    done = run([program(), "run", os.path.join(CONFIGS, name + ".yaml"), "--out", out])
    if not tap.ok(done.returncode == 0, f"{name} runs", done.stderr):
        return
    said = read_json(out, "failover.json")
    start = next(e["at_ns"] for e in read_json(out, "summary.json")["events"]
                 if e["what"] == "replay_start")
    found, first = flows_of(out)
    zero = first - start
    events = [e["at_ns"] + zero for e in said["events"]]
    listed = [s for s in said["streams"] if s["kind"] == "flow"]
    counts = sorted((len(flow.packets) for flow in found.values()), reverse=True)
    tap.same([s["sent"] for s in listed], counts[:32], f"{name}: flows by their packets")
    tap.same({s["name"] for s in listed} <= set(found), True, f"{name}: flows by their names")
    tap.same({s["port"] for s in listed}, {f.port for f in found.values()}, f"{name}: ports")
    wrong, judged, lost = [], 0, 0
    for outage in said["outages"]:
        flow = found.get(outage["stream"])
        if flow is None:
            continue
        judged += 1
        wanted = flow.measure(events).get(outage["event"] + 1)
        if wanted is None or any(outage[key] != value for key, value in wanted.items()):
            wrong.append((outage["stream"], outage["event"], wanted,
                          {k: outage[k] for k in wanted or {}}))
            continue
        lost += wanted["lost"]
        after = events[outage["event"] + 1] if outage["event"] + 1 < len(events) else 1 << 63
        for key, at in (("path_before", events[outage["event"]]), ("path_after", after)):
            if wanted["received"] and outage[key] != flow.way_before(at):
                wrong.append((outage["stream"], key, outage[key], flow.way_before(at)))
    tap.ok(judged > 0 and lost > 0 and not wrong,
           f"{name}: {judged} windows of flows are those of the captures, {lost} packets lost",
           judged, lost, *wrong[:4])


def scenario(expectations, timeline):
    """Two probes, a capture and BFD over two links, eight seconds long."""
    with open(os.path.join(CONFIGS, "failover-bfd.yaml"), encoding="utf-8") as file:
        text = file.read()
    text = text.partition("timeline:")[0]
    capture = os.path.join(CONFIGS, "..", "pcaps", "branch-to-hub.pcap")
    return (text + f"replay: [{{ name: branch, file: {capture}, port: branch }}]\n" +
            "timeline:\n" + "".join(f"  - {line}\n" for line in timeline) +
            "expect:\n" + "".join(f"  - {line}\n" for line in expectations) +
            "time: { duration: 8s }\noutputs: { pcapng: { ports: [], links: [] } }\n")


TIMELINE = ["{ at: 500ms, do: silent_drop, target: er-sjc/primary, for: 3s }"]
MET = {
    "outage": '{ probe: branch-to-app, event: silent_drop, outage: "<= 1s" }',
    "lost_packets": '{ probe: branch-to-app, event: silent_drop, lost_packets: "> 1000" }',
    "duplicated": '{ probe: branch-to-app, event: silent_drop, duplicated: "== 0" }',
    "reordered": '{ probe: branch-to-app, way: there, event: silent_drop, reordered: "== 0" }',
    "path before": "{ probe: branch-to-app, event: silent_drop, path_before: er-sjc/primary }",
    "path after": "{ probe: branch-to-app, event: silent_drop, path_after: er-sjc/secondary }",
    "path after the end":
        "{ probe: branch-to-app, event: silent_drop_ends, path_after: msee-a/ergw-hub }",
    "latency of a probe": '{ probe: branch-to-app, event: silent_drop, latency_max: "< 3ms" }',
    "throughput": '{ circuit: er-sjc, link: primary, throughput: "> 100Kbps" }',
    "latency_p50": '{ circuit: er-sjc, link: primary, latency_p50: "<= 1.21ms" }',
    "latency_p99": '{ circuit: er-sjc, link: secondary, latency_p99: "<= 1.4ms" }',
    "latency_max": '{ circuit: er-sjc, link: primary, dir: to_azure, latency_max: ">= 1.2ms" }',
    "BGP at a time": "{ session: er-sjc/primary/private, state: established, at: 100ms }",
    "BGP after an event": "{ session: er-sjc/primary/private, state: idle, at: 1800ms }",
    "BFD at the end": "{ session: er-sjc/secondary/private, state: up }",
    "drops": '{ drops: silent_drop, count: "> 0" }',
    "drops at a router": '{ drops: no_route, node: ergw-hub, count: "== 0" }',
    "stage": '{ stage: fib_applied, event: silent_drop, after: "<= 1s" }',
    "flows": '{ flows: branch, event: silent_drop, lost_packets: "> 0", outage: "<= 1s" }',
}
MISSED = {
    "outage": ('{ probe: branch-to-app, event: silent_drop, outage: "<= 10ms" }', "missed: by "),
    "lost_packets": ('{ probe: branch-to-app, event: silent_drop, lost_packets: "== 0" }', "by 1"),
    "duplicated": ('{ probe: branch-to-app, event: silent_drop, duplicated: ">= 1" }', "by 1"),
    "reordered": ('{ probe: branch-to-app, event: silent_drop, reordered: ">= 2" }', "by 2"),
    "path_before": ("{ probe: branch-to-app, event: silent_drop, path_before: er-sjc/secondary }",
                    "by another path"),
    "path_after": ("{ probe: branch-to-app, event: silent_drop, path_after: none }",
                   "by another path"),
    "throughput": ('{ circuit: er-sjc, link: primary, throughput: ">= 1Gbps" }', " bps"),
    "latency_p50": ('{ circuit: er-sjc, link: primary, latency_p50: "<= 1us" }', "missed: by 1"),
    "latency_p99": ('{ circuit: er-sjc, link: secondary, latency_p99: "<= 1us" }', "missed: by 1"),
    "latency_max": ('{ circuit: er-sjc, link: primary, latency_max: "<= 1us" }', "missed: by 1"),
    "session": ("{ session: er-sjc/primary/private, state: established, at: 1800ms }",
                "missed: since"),
    "BFD": ("{ session: er-sjc/primary/private, state: up, event: silent_drop }", "missed: since"),
    "drops": ('{ drops: silent_drop, count: "== 0" }', "missed: by "),
    "stage": ('{ stage: fib_applied, event: silent_drop, after: "<= 500ms" }', "missed: by "),
    "stage that is not reached": ('{ stage: bfd_down, event: silent_drop_ends, after: "<= 1s" }',
                                  "it did not happen"),
    "flows": ('{ flows: branch, event: silent_drop, lost_packets: "== 0" }', "missed: by "),
}


def judge_expectations(tap, scratch):
    met = scratch.file("met.yaml", scenario(MET.values(), TIMELINE))
    done = run([program(), "run", met, "--out", scratch.new_run()])
    tap.ok(done.returncode == 0 and done.stdout.count("\nok   ") == len(MET) + 1,
           "expectations that hold: exit 0", done.returncode, done.stderr, done.stdout[-3000:])
    tap.ok(all(len(line) <= 80 for line in done.stdout.splitlines()),
           "the tables fit 80 columns",
           *[line for line in done.stdout.splitlines() if len(line) > 80])
    missed = scratch.file("missed.yaml", scenario([e for e, _ in MISSED.values()], TIMELINE))
    out = scratch.new_run()
    done = run([program(), "run", missed, "--out", out, "-o", "json"])
    tap.same(done.returncode, 1, "expectations that do not: exit 1")
    judged = json.loads(done.stdout)["failover"]["expectations"]
    for (name, (text, says)), verdict in zip(MISSED.items(), judged):
        line = f"missed: {verdict.get('missed')}"
        tap.ok(not verdict["passed"] and says in line, f"{name} is missed, {line}", text, verdict)
    printed = json.loads(done.stdout)
    tap.same(printed.pop("failover"), read_json(out, "failover.json"),
             "-o json has failover.json in it")
    summary = read_json(out, "summary.json")
    tap.same(printed.pop("wall") is not None and printed,
             {k: v for k, v in summary.items() if k != "wall"}, "... beside summary.json")


def main():
    tap = Tap()
    with Scratch() as scratch:
        for name in ("failing-link", "failing-link-one-way"):
            judge_flows(tap, scratch, name)
        judge_expectations(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
