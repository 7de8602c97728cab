#!/usr/bin/env python3
"""Failover scenarios against judges that share no code with erbium: failover_test.py ERBIUM

Every shipped scenario with probes meets its expectations. Of some the captures are kept: a script
recomputes every outage from the frames at the ports, and tshark reads the sessions.
"""

import json
import os
import struct
import subprocess
import sys

from harness import CONFIGS, Scratch, Tap, program, run, scenarios

import pcapng

MAGIC, INTERVAL = b"ErSt", 10_000_000
WITH_CAPTURES = ("failover-bfd", "hold-timer", "shutdown-primary", "maintenance")


def with_captures(scratch, name):
    """The scenario with all its captures and probes 10 ms apart, as a file."""
    with open(os.path.join(CONFIGS, name + ".yaml"), encoding="utf-8") as file:
        text = file.read()
    # Fewer probes, for the sake of a judge in Python.
    text = text.partition("outputs: {")[0].replace("pps: 1000,", "pps: 100,")
    return scratch.file(name + ".yaml", text)


def probe(frame):
    """(stream, sequence, entered ns) of a probe's frame, or None."""
    at = frame.find(MAGIC)
    if at < 0 or len(frame) < at + 24:
        return None
    return struct.unpack_from("!IQQ", frame, at + 4)


def outages(directory):
    """{stream: longest time between the sending of two neighbours that arrived}"""
    sent, arrived = {}, {}
    for port in ("branch", "cloud"):
        capture = pcapng.read(os.path.join(directory, "ports", port + ".pcapng"))
        for packet in capture.packets:
            found = probe(packet.data)
            if not found:
                continue
            stream, sequence, entered = found
            # A frame that enters a port is "in" there, at the other one it leaves.
            way = sent if packet.direction == "in" else arrived
            way.setdefault(stream, {})[sequence] = entered
    result = {}
    for stream, packets in sent.items():
        heard = sorted(time for sequence, time in packets.items()
                       if sequence in arrived.get(stream, {}))
        result[stream] = max((b - a for a, b in zip(heard, heard[1:])), default=0)
        first = packets[min(packets)]
        assert all(time == first + (s - min(packets)) * (packets[min(packets) + 1] - first)
                   for s, time in packets.items()), "the schedule is not even"
    return result


def tshark(path, *words):
    return subprocess.run(["tshark", "-r", path, *words], capture_output=True, text=True,
                          check=False).stdout


def judge_sessions(tap, name, directory):
    link = os.path.join(directory, "links", "er-sjc.primary.pcapng")
    bad = tshark(link, "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
                 "-o", "ip.check_checksum:TRUE", "-Y",
                 "_ws.malformed || tcp.checksum.status == 0 || udp.checksum.status == 0 || "
                 "ip.checksum.status == 0 || _ws.expert.severity == error", "-T", "fields",
                 "-e", "frame.number", "-e", "_ws.expert.message")
    tap.same(bad, "", f"{name}: tshark finds nothing malformed and no wrong checksum")
    kinds = tshark(link, "-Y", "bgp", "-T", "fields", "-e", "bgp.type").split()
    seen = {k for line in kinds for k in line.split(",")}
    tap.ok({"1", "2", "4"} <= seen, f"{name}: OPEN, UPDATE and KEEPALIVE are there", seen)
    storm = tshark(link, "-Y", "tcp.analysis.retransmission && tcp.port == 179", "-T", "fields",
                   "-e", "frame.number").split()
    tap.ok(len(storm) < 40, f"{name}: no storm of retransmissions", len(storm))


def judge_bfd(tap, directory):
    """The MSEE hears nothing from the fault on: it is down one detection time after the last
    packet that arrived."""
    with open(os.path.join(directory, "summary.json"), encoding="utf-8") as file:
        events = json.load(file)["events"]
    link = pcapng.read(os.path.join(directory, "links", "er-sjc.primary.pcapng"))
    start = min(e["at_ns"] for e in events if e["what"] == "silent_drop")
    down = [e["at_ns"] for e in events if e["what"] == "bfd_down" and "msee-a" in e["text"]]
    bfd = [p for p in link.packets if p.direction == "out" and b"\x0e\xc8" in p.data[:60] and
           p.data[12:14] == b"\x81\x00" and p.data[27] == 17]
    base = time_zero(directory)
    heard = [p.ts_ns - base for p in bfd if p.ts_ns - base < start]
    arrival = heard[-1] + 1_200_000
    detection = 3 * 300_000_000
    tap.ok(len(down) == 1 and abs(down[0] - arrival - detection) <= 1_000_000 + 1000,
           "BFD is down one detection time after the last packet that arrived, and one latency of "
           "control", down, arrival + detection)


# What failover-bfd does instead, and what has to come of it.
OVERLAPS = {
    "two faults on one link end one by one": (
        "  - { at: 2s, do: link_down, target: er-sjc/primary, for: 3s }\n"
        "  - { at: 3s, do: silent_drop, target: er-sjc/primary, for: 3s }\n",
        "  - { probe: branch-to-app, event: link_down_ends, path_after: er-sjc/secondary }\n"
        "  - { probe: branch-to-app, event: silent_drop_ends, path_after: er-sjc/primary }\n"),
    "a link stays down over its MSEE's reload": (
        "  - { at: 2s, do: msee_reload, target: msee-a, for: 3s }\n"
        "  - { at: 3s, do: link_down, target: er-sjc/primary, for: 3s }\n",
        "  - { probe: branch-to-app, event: msee_reload_ends, path_after: er-sjc/secondary }\n"
        "  - { probe: branch-to-app, event: link_down_ends, path_after: er-sjc/primary }\n"),
    "a core stays isolated over a reload": (
        "  - { at: 2s, do: core_isolation, target: msee-a, for: 6s }\n"
        "  - { at: 3s, do: msee_reload, target: msee-a, for: 1s }\n",
        "  - { probe: branch-to-app, event: msee_reload_ends, path_after: er-sjc/secondary }\n"
        "  - { probe: branch-to-app, event: core_isolation_ends, path_after: er-sjc/primary }\n"),
    "a session stays shut over its router's restart": (
        "  - { at: 2s, do: bgp_down, target: er-sjc/primary/private, for: 16s }\n"
        "  - { at: 3s, do: ce_restart, target: ce, for: 1s }\n",
        "  - { probe: branch-to-app, event: ce_restart_ends, path_after: er-sjc/secondary }\n"
        "  - { probe: branch-to-app, event: bgp_down_ends, path_after: er-sjc/primary }\n"),
    "a session that nothing shuts any more waits for its carrier": (
        "  - { at: 2s, do: link_down, target: er-sjc/primary, for: 8s }\n"
        "  - { at: 3s, do: bgp_down, target: er-sjc/primary/private, for: 1s }\n",
        "  - { session: er-sjc/primary/private, state: idle, at: 9s }\n"
        "  - { probe: branch-to-app, event: link_down_ends, path_after: er-sjc/primary }\n"),
}


def with_timeline(scratch, timeline, expect):
    with open(os.path.join(CONFIGS, "failover-bfd.yaml"), encoding="utf-8") as file:
        head = file.read().partition("timeline:")[0]
    return scratch.file("timeline.yaml", head + "timeline:\n" + timeline + "expect:\n" + expect +
                        "time: { duration: 30s }\n")


def judge_timelines(tap, scratch):
    for what, (timeline, expect) in OVERLAPS.items():
        done = run([program(), "run", with_timeline(scratch, timeline, expect), "--out",
                    scratch.new_run()])
        tap.ok(done.returncode == 0, what, done.stdout, done.stderr)
    out = scratch.new_run()
    done = run([program(), "run", with_timeline(
        scratch, "  - { at: 2s, do: bgp_notification, target: er-sjc/primary/private, "
        "code: hold_timer_expired, from: msee }\n",
        "  - { probe: branch-to-app, event: bgp_notification, path_after: er-sjc/primary }\n"),
                "--out", out])
    sent = tshark(os.path.join(out, "links", "er-sjc.primary.pcapng"), "-Y", "bgp.type == 3",
                  "-T", "fields", "-e", "ip.src", "-e", "bgp.notify.major_error")
    tap.same((done.returncode, sent.split()), (0, ["192.0.2.2", "4"]),
             "a NOTIFICATION of the MSEE has the code that was asked for")


def time_zero(directory):
    """What scenario time 0 is in the captures' clock: probes know when they entered."""
    capture = pcapng.read(os.path.join(directory, "ports", "branch.pcapng"))
    for packet in capture.packets:
        found = probe(packet.data)
        if found and packet.direction == "in":
            return packet.ts_ns - found[2]
    raise AssertionError("no probe")


def main():
    tap = Tap()
    with Scratch() as scratch:
        for name, path in scenarios().items():
            with open(path, encoding="utf-8") as file:
                if "\nprobes:" not in file.read():
                    continue
            kept = name in WITH_CAPTURES
            out = scratch.new_run()
            done = run([program(), "run", with_captures(scratch, name) if kept else path,
                        "--out", out])
            tap.ok(done.returncode == 0, f"{name} meets its expectations", done.stdout, done.stderr)
            if not kept or done.returncode:
                continue
            with open(os.path.join(out, "failover.json"), encoding="utf-8") as file:
                said = json.load(file)
            longest = [s["longest_outage_ns"] for s in said["streams"]]
            found = outages(out)
            # A stream that lost nothing has gaps of one interval between its packets.
            wanted = [found[i + 1] if found[i + 1] > INTERVAL else 0 for i in range(len(longest))]
            tap.same(longest, wanted, f"{name}: outages are those of the captures")
            bounds = [o for o in said["outages"] if o["lost"] and "bound" in o]
            tap.ok(all(o["verdict"] == "within bound" for o in bounds),
                   f"{name}: outages are within their bounds", bounds)
            # Packets and tables are out for as long, but for a packet or two at each end.
            apart = [o for o in bounds
                     if abs(o["outage_ns"] - o["control_outage_ns"]) > 2 * INTERVAL + 5_000_000]
            tap.ok(not apart, f"{name}: routes are gone for as long as packets are lost", *apart)
            judge_sessions(tap, name, out)
            if name == "failover-bfd":
                judge_bfd(tap, out)
            if name == "shutdown-primary":
                notes = tshark(os.path.join(out, "links", "er-sjc.primary.pcapng"), "-Y",
                               "bgp.type == 3", "-T", "fields", "-e",
                               "bgp.notify.major_error", "-e", "bgp.notify.minor_error_cease")
                tap.same(notes.split(), ["6", "2"], "the session ends with Cease, shutdown")
        judge_timelines(tap, scratch)
        missed = scratch.file("missed.yaml")
        with open(os.path.join(CONFIGS, "withdraw.yaml"), encoding="utf-8") as file:
            text = file.read().replace('"<= 5.1s"', '"<= 5s"')
        with open(missed, "w", encoding="utf-8") as file:
            file.write(text)
        done = run([program(), "run", missed, "--out", scratch.new_run()])
        tap.ok(done.returncode == 1 and "MISSED" in done.stdout and "5.003s" in done.stdout,
               "a missed expectation: exit 1, and by how much", done.returncode, done.stdout)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
