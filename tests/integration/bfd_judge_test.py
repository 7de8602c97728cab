#!/usr/bin/env python3
"""BFD as tshark reads it: bfd_judge_test.py BFD_EXCHANGE

Packets that we build have the fields that were meant; packets of FRR, BIRD and others have, for us,
the fields that tshark finds; and a talk of two emulated systems keeps what RFC 5880 promises, as
recomputed here from the capture alone.
"""

import os
import sys

from harness import ROOT, Scratch, Tap, given, run

DATA = os.path.join(ROOT, "tests", "data", "bfd")
FIELDS = ["udp.srcport", "udp.dstport", "bfd.version", "bfd.diag", "bfd.sta", "bfd.flags.p",
          "bfd.flags.f", "bfd.flags.c", "bfd.flags.a", "bfd.flags.d", "bfd.flags.m",
          "bfd.detect_time_multiplier", "bfd.message_length", "bfd.my_discriminator",
          "bfd.your_discriminator", "bfd.desired_min_tx_interval", "bfd.required_min_rx_interval",
          "bfd.required_min_echo_interval"]
CHECKS = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
DOWN, UP = 1, 3
MS = 1_000_000  # nanoseconds


def tshark(capture, names, where="bfd"):
    words = [word for name in names for word in ("-e", name)]
    done = run(["tshark", "-r", capture, *CHECKS, "-Y", where, "-T", "fields", *words])
    return [line.split("\t") for line in done.stdout.splitlines()]


def read(capture):
    """A row a packet: addresses as text, then the hop limit and FIELDS as numbers."""
    rows = []
    for row in tshark(capture, ["ip.src", "ipv6.src", "ip.dst", "ipv6.dst", "ip.ttl", "ipv6.hlim",
                                *FIELDS]):
        rows.append([row[0] or row[1], row[2] or row[3],
                     *(int(word, 0) for word in [row[4] or row[5], *row[6:]])])
    return rows


def printed(text):
    return [[*row[:2], *map(int, row[2:])] for row in (line.split("\t") for line in
                                                       text.splitlines())]


def same_fields(tap, found, wanted, least, name):
    differing = [(a, b) for a, b in zip(found, wanted) if a != b]
    tap.ok(len(found) == len(wanted) >= least and not differing,
           f"{name}: {len(wanted)} packets, {21} fields each", len(found), differing[:2])


def well_formed(tap, capture, name):
    bad = tshark(capture, ["frame.number", "_ws.expert.message"], "_ws.malformed or _ws.expert")
    tap.same(bad, [], f"{name}: tshark has nothing to say against it")
    sums = {tuple(row) for row in tshark(capture, ["ip.checksum.status", "udp.checksum.status"])}
    tap.same(sums, {("1", "1"), ("", "1")}, f"{name}: all checksums are good, in both families")


class Talk:
    """What the capture says of one session, and what the promises of the protocol make of it."""

    def __init__(self, packets, ours, theirs):
        self.sent = [p for p in packets if p["src"] == ours]
        self.heard = [p for p in packets if p["src"] == theirs]

    def detections(self):
        """[(when told, time since the last packet heard, detection time of it)]"""
        table, last = [], None
        for packet in self.sent:
            fresh = (packet["state"], packet["diag"]) == (DOWN, 1)
            if fresh and last != (DOWN, 1):
                before = [p for p in self.heard if p["at"] < packet["at"]][-1]
                mine = [p for p in self.sent if p["at"] < packet["at"]][-1]
                interval = max(before["tx"], mine["rx"]) * 1_000
                table.append((packet["at"], packet["at"] - before["at"], interval * before["mult"]))
            last = (packet["state"], packet["diag"])
        return table

    def gaps(self, begin, end):
        """Between packets that are not Finals."""
        times = [p["at"] for p in self.sent if begin <= p["at"] < end and not p["final"]]
        return [b - a for a, b in zip(times, times[1:])]

    def answered(self):
        """True when each Poll heard got its Final at the same instant, and no packet is both."""
        finals = {p["at"] for p in self.sent if p["final"]}
        polls = {p["at"] for p in self.heard if p["poll"]}
        return polls and polls == finals and not any(p["poll"] and p["final"] for p in self.sent)


def load(capture):
    names = ["src", "dst", "ttl", "sport", "dport", "version", "diag", "state", "poll", "final",
             "c", "a", "d", "m", "mult", "length", "mine", "yours", "tx", "rx", "echo"]
    times = tshark(capture, ["frame.time_epoch"])
    packets = [dict(zip(names, row)) for row in read(capture)]
    for packet, (text,) in zip(packets, times):
        seconds, _, fraction = text.partition(".")
        packet["at"] = int(seconds) * 1_000 * MS + int(fraction.ljust(9, "0"))
    return packets


def judge_talk(tap, exchange, scratch):
    capture = scratch.file("talk.pcap")
    done = run([exchange, "talk", capture])
    tap.ok(done.returncode == 0, "talk: runs", done.stderr)
    well_formed(tap, capture, "talk")
    packets = load(capture)
    tap.same({(p["ttl"], p["dport"], p["version"], p["echo"], p["d"] | p["m"] | p["a"])
              for p in packets}, {(255, 3784, 1, 0, 0)}, "talk: hop limit 255, no frills")
    tap.ok(all(49152 <= p["sport"] <= 65535 for p in packets) and
           len({p["sport"] for p in packets}) == 4, "talk: a source port for each session")
    slow = [p for p in packets if p["state"] != UP and p["tx"] < 1_000_000]
    tap.same(slow, [], "talk: a second at least while not up")

    for ours, theirs, wanted in (("172.16.0.1", "172.16.0.2", 1200), ("fd00::1", "fd00::2", 2000)):
        talk = Talk(packets, ours, theirs)
        found = talk.detections()
        tap.ok(len(found) == 1 and found[0][1] == found[0][2] == wanted * MS,
               f"{theirs}: silence is noticed after {wanted} ms to the nanosecond", found)
        tap.ok(talk.answered(), f"{theirs}: every Poll is answered at once")
        first, later = talk.gaps(1_000 * MS, 5_000 * MS), talk.gaps(7_000 * MS, 20_000 * MS)
        for gaps, interval in ((first, 300), (later, 750)):
            tap.ok(gaps and interval * 3 // 4 * MS <= min(gaps) <= max(gaps) <= interval * MS and
                   len(set(gaps)) > 3, f"{theirs}: sends every {interval} ms less 0 to 25 %", gaps)
    states = [line.split("\t")[2:] for line in done.stdout.splitlines()
              if line.startswith("172.16.0.2")]
    tap.same([state for state, _ in states],
             ["Init", "Up", "Down", "Up", "Down", "Init", "Up"], "talk: changes of state")
    tap.same([diagnostic for state, diagnostic in states if state == "Down"], ["1", "3"],
             "talk: and their reasons")


def main():
    exchange, tap = os.path.abspath(given() or sys.exit("no bfd_exchange given")), Tap()
    with Scratch() as scratch:
        capture = scratch.file("built.pcap")
        done = run([exchange, "write", capture])
        same_fields(tap, read(capture), printed(done.stdout), 500, "built by us, read by tshark")
        for name, least in (("frr-bird-bfd", 400), ("bfd-lag", 5), ("bfd-raw-auth-md5", 31)):
            capture = os.path.join(DATA, name + ".pcap")
            done = run([exchange, "read", capture])
            tap.ok(done.returncode == 0, f"{name}: all are read", done.stderr)
            same_fields(tap, printed(done.stdout), read(capture), least, name)
        judge_talk(tap, exchange, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
