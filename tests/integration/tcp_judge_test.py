#!/usr/bin/env python3
"""tshark reads the streams of the emulated TCP as they were meant: tcp_judge_test.py TCP_EXCHANGE

Two endpoints talk over wires from perfect to awful. Every packet must be well-formed with right
checksums; what was sent must come out of tshark's reassembly; and nothing may look like a
retransmission, a duplicate or a gap unless the wire lost, doubled or reordered something.
"""

import collections
import os
import sys

from harness import Scratch, Tap, given, run

#        name               seed delay jitter lost doubled family
WIRES = [("perfect IPv4",      1,    5,     0,   0,      0, 4),
         ("perfect IPv6",      2,    5,     0,   0,      0, 6),
         ("without delay",     3,    0,     0,   0,      0, 4),
         ("long",              4,   80,     0,   0,      0, 4),
         ("lossy",             5,    5,     0,  20,      0, 4),
         ("lossy IPv6",        6,   20,     0,  20,      0, 6),
         ("reordering",        7,    5,     3,   0,      0, 4),
         ("doubling",          8,    5,     0,   0,     30, 4),
         ("awful",             9,    3,     2, 100,     30, 4)]

# What tshark's analysis may say of a perfect wire: where a connection begins and ends.
HARMLESS = {"Connection establish request (SYN)", "Connection establish acknowledge (SYN+ACK)",
            "Connection finish (FIN)", "This frame initiates the connection closing",
            "This frame undergoes the connection closing"}
# And of any other: that something was lost, doubled or late.
OF_LOSS = ("retransmission", "Duplicate ACK", "Previous segment", "out-of-order", "unseen segment",
           "TCP keep-alive", "D-SACK")
CHECKS = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
          "-o", "tcp.analyze_sequence_numbers:TRUE"]


def tshark(capture, *words):
    done = run(["tshark", "-r", capture, *CHECKS, *words])
    return done.stdout if done.returncode == 0 else f"tshark: {done.stderr}"


def fields(capture, *names, where="tcp"):
    words = [word for name in names for word in ("-e", name)]
    text = tshark(capture, "-Y", where, "-T", "fields", *words)
    return [line.split("\t") for line in text.splitlines()]


def remarks(capture):
    """How often tshark's experts say what."""
    found = collections.Counter()
    for line in fields(capture, "_ws.expert.message", where="_ws.expert"):
        for message in line[0].split(","):
            found[message.strip()] += 1
    return found


def alarming(messages, perfect):
    """Those that a wire of this kind does not explain."""
    def explained(text):
        if any(text.startswith(good) for good in HARMLESS):
            return True
        return not perfect and any(word in text for word in OF_LOSS)
    return {text: n for text, n in messages.items() if not explained(text)}


def followed(capture):
    """The octets of both directions as tshark puts them together: (of the opener, of the other)."""
    sides = [b"", b""]
    for line in tshark(capture, "-q", "-z", "follow,tcp,raw,0").splitlines():
        text = line.strip()
        if text and all(c in "0123456789abcdef" for c in text):
            sides[line.startswith("\t")] += bytes.fromhex(text)
    return tuple(sides)


def read(directory, name):
    with open(os.path.join(directory, name), "rb") as file:
        return file.read()


def judge(tap, exchange, directory, wire):
    name, *settings = wire
    os.makedirs(directory)
    done = run([exchange, directory, *settings])
    tap.ok(done.returncode == 0, f"{name}: both ends got what was sent, and closed",
           done.stdout, done.stderr)
    capture = os.path.join(directory, "wire.pcap")
    sent = read(directory, "a.sent"), read(directory, "b.sent")

    _, _, jitter, lost, doubled, family = settings
    perfect = jitter == lost == doubled == 0
    said = remarks(capture)
    tap.same(alarming(said, perfect), {}, f"{name}: tshark has nothing to say against it")
    again = sum(n for text, n in said.items() if "retransmission" in text)
    tap.ok(again == 0 if perfect else again > 0, f"{name}: {again} retransmissions seen")
    tap.same(followed(capture), sent, f"{name}: tshark puts the streams together as they were sent")

    layer = "ip" if family == 4 else "ipv6"
    names = ["tcp.checksum.status", *(["ip.checksum.status"] if family == 4 else [])]
    rows = fields(capture, *names)
    tap.ok(len(rows) > 500 and all(set(row) == {"1"} for row in rows),
           f"{name}: every checksum of {len(rows)} packets is good")
    classes = {tuple(row) for row in fields(capture, *(
        ["ip.ttl", "ip.dsfield"] if family == 4 else ["ipv6.hlim", "ipv6.tclass"]))}
    tap.ok(len(classes) == 1 and next(iter(classes))[0] == "64" and
           next(iter(classes))[1].endswith("c0"), f"{name}: {layer} says CS6 and TTL 64", classes)
    tap.same({row[0] for row in fields(capture, "tcp.options.mss_val", where="tcp.flags.syn==1")},
             {"1460" if family == 4 else "1440"}, f"{name}: the MSS stands in every SYN")


def main():
    exchange, tap = os.path.abspath(given() or sys.exit("no tcp_exchange given")), Tap()
    with Scratch() as scratch:
        for wire in WIRES:
            judge(tap, exchange, scratch.new_run(), wire)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
