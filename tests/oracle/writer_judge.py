"""Judges the pcapng writer: python3 writer_judge.py WRITER_SAMPLE

Runs the sample program twice and has its files read by pcapng.py (strict, independent), tshark and
capinfos. Every name, time, length, direction, id, comment and counter must come out as the sample
put it in, nothing may be malformed, and the two runs must have written the same bytes.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pcapng  # noqa: E402

START_NS = 1_700_000_000_123_456_789
SIZES = (14, 60, 61, 62, 63, 590, 1514, 9216)
NAMES = ("er-sjc/primary", "ce1", "late")


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}: found {found!r}, wanted {wanted!r}")


def expected_packets(count, interfaces):
    for n in range(count):
        size = SIZES[n % len(SIZES)]
        header = b"\x02\0\0\0\0" + bytes([n & 0xFF]) + b"\x02\0\0\0\0\0" + b"\x88\xb5"
        yield {
            "iface": n % interfaces,
            "ts_ns": START_NS + n * 1_000_000_007,
            "caplen": size,
            "wirelen": size + 100 if n % 5 == 0 else size,
            "direction": (None, "in", "out")[n % 3],
            "packetid": 2**64 - 1 - n if n % 7 == 0 else n,
            "comments": [f"nsg_deny rule {n}", "d\u00e9tour"][: n % 3],
            "data": header + bytes((n + i) & 0xFF for i in range(size - 14)),
        }


def by_own_reader(path, packets):
    capture = pcapng.read(path)
    expect("packets", len(capture.packets), len(packets))
    for packet, wanted in zip(capture.packets, packets):
        for key, value in wanted.items():
            expect(f"{path}: packet {packet.number} {key}", getattr(packet, key), value)
    return capture


def whole_file(path, packets):
    capture = by_own_reader(path, packets)
    comments = ["seed 42, config 0123abcd", "capture complete"]
    expect("section comments", capture.section_comments, comments)
    expect("section options", [code for code, _ in capture.section_options], [1, 1])
    found = [(i.name, i.description, i.speed, i.linktype, i.tsresol) for i in capture.interfaces]
    descriptions = ("circuit er-sjc, primary link", "", "")
    speeds = (10**10, 0, 4 * 10**11)
    wanted = [(n, d, s, 1, 9) for n, d, s in zip(NAMES, descriptions, speeds)]
    expect("interfaces", found, wanted)
    for i, s in enumerate(capture.statistics):
        found = (s.iface, s.ts_ns, s.start_ns, s.end_ns, s.received, s.dropped, s.delivered)
        end = START_NS + 999 * 10**9
        delivered = sum(p["iface"] == i for p in packets)
        expect("statistics", found,
               (i, START_NS + 10**12, START_NS, end, 5 * 10**9 + i, i, delivered))
    expect("statistics blocks", len(capture.statistics), 3)


def cut_file(path, packets):
    capture = by_own_reader(path, packets)
    expect("section comments", capture.section_comments, ["seed 42", "capture partial"])
    found = [(s.iface, s.ts_ns, s.delivered, s.comments) for s in capture.statistics]
    reason = "capture partial: interrupted at 0.5 s"
    expect("statistics", found, [(0, packets[-1]["ts_ns"], len(packets), [reason])])


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    noise = [line for line in done.stderr.splitlines() if "could be dangerous" not in line]
    expect(f"{command[0]} exit code and complaints", (done.returncode, noise), (0, []))
    return done.stdout


def by_tshark(path, packets, names):
    fields = ("frame.interface_name", "frame.time_epoch", "frame.cap_len", "frame.len",
              "frame.packet_flags_direction", "frame.packet_id", "frame.comment", "eth.type")
    arguments = [word for field in fields for word in ("-e", field)]
    lines = run("tshark", "-n", "-r", path, "-T", "fields", "-E", "aggregator=|",
                *arguments).splitlines()
    expect("tshark's packets", len(lines), len(packets))
    for line, wanted in zip(lines, packets):
        seconds, ns = divmod(wanted["ts_ns"], 10**9)
        code = {None: 0, "in": 1, "out": 2}[wanted["direction"]]
        found = line.split("\t")
        found[4], found[5] = int(found[4], 16), int(found[5])
        expect("tshark's packet", found,
               [names[wanted["iface"]], f"{seconds}.{ns:09d}", str(wanted["caplen"]),
                str(wanted["wirelen"]), code, wanted["packetid"], "|".join(wanted["comments"]),
                "0x88b5"])
    bad = "_ws.malformed || _ws.expert.severity >= warning"
    expect("tshark's complaints", run("tshark", "-n", "-r", path, "-Y", bad), "")
    first = run("tshark", "-n", "-r", path, "-c", "1", "-T", "fields", "-e",
                "frame.interface_description").strip()
    return first


def by_capinfos(path, count):
    text = run("capinfos", "-M", path)
    for wanted in (f"Number of packets:   {count}", "File encapsulation:  ether",
                   "Time precision = nanoseconds (9)"):
        if wanted not in text:
            sys.exit(f"capinfos does not say {wanted!r}:\n{text}")
    return text


def main(sample):
    whole = list(expected_packets(1, 1)) + list(expected_packets(999, 3))
    cut = list(expected_packets(10, 1))
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        for directory in (one, two):
            run(sample, directory)
            expect("files", sorted(os.listdir(directory)), ["cut.pcapng.partial", "whole.pcapng"])
        for name in os.listdir(one):
            with open(f"{one}/{name}", "rb") as a, open(f"{two}/{name}", "rb") as b:
                expect(f"{name} is the same in two runs", a.read() == b.read(), True)
        whole_file(f"{one}/whole.pcapng", whole)
        cut_file(f"{one}/cut.pcapng.partial", cut)
        description = by_tshark(f"{one}/whole.pcapng", whole, NAMES)
        expect("interface description", description, "circuit er-sjc, primary link")
        by_tshark(f"{one}/cut.pcapng.partial", cut, ("ce1",))
        text = by_capinfos(f"{one}/whole.pcapng", 1000)
        for wanted in ("seed 42, config 0123abcd", "capture complete", "Name = er-sjc/primary",
                       "Description = circuit er-sjc, primary link", "Speed = 10000000000",
                       "Number of stat entries = 1"):
            if wanted not in text:
                sys.exit(f"capinfos does not say {wanted!r}:\n{text}")
        by_capinfos(f"{one}/cut.pcapng.partial", 10)
    print("1,010 packets judged by pcapng.py, tshark and capinfos")


if __name__ == "__main__":
    main(sys.argv[1])
