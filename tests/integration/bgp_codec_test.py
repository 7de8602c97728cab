#!/usr/bin/env python3
"""Reads MRT files and BGP sessions that others wrote, and compares with independent readers: the
routes of MRT files with `bgpdump -m`, line by line; the prefixes of captured sessions with tshark.
Every UPDATE is also encoded and decoded again on the way. Prints TAP.

usage: bgp_codec_test.py MRT_DUMP      the program tests/interop/mrt_dump
"""

import collections
import glob
import os
import re
import shutil
import struct
import sys
import xml.etree.ElementTree

sys.dont_write_bytecode = True
import harness  # noqa: E402

DATA = os.path.join(harness.ROOT, "tests", "data")
HEADER = 19
AS4_CAPABILITY = 65

# bgpdump prints these; we pass them over: state changes, and path identifiers of messages.
STATE_CHANGE = re.compile(r"^BGP4MP(_AP)?\|\d+\|STATE\|")
PATH_ID = re.compile(r"^(BGP4MP_AP(?:\|[^|]*){5})\|\d+")
# An AGGREGATOR of AS 0 or of a wrong length is discarded (RFC 7606 §7.7, RFC 7607); bgpdump shows
# the one as it stands and reads the other, 8 octets, as AS 0 too.
AGGREGATOR_0 = re.compile(r"\|0 \d+\.\d+\.\d+\.\d+\|$")
# Prefixes with path identifiers where the record says that there are none: bgpdump prints what
# comes out, for us each is an UPDATE that cannot be read.
NOT_READABLE = {
    "mrtparse-bird_bgp": "fatal: the announced routes cannot be read",
    "mrtparse-bird6_bgp": "fatal: MP_REACH_NLRI cannot be read",
}

ANNOUNCED = {"bgp.nlri_prefix", "bgp.mp_reach_nlri_ipv4_prefix", "bgp.mp_reach_nlri_ipv6_prefix"}
WITHDRAWN = {"bgp.withdrawn_prefix", "bgp.mp_unreach_nlri_ipv4_prefix",
             "bgp.mp_unreach_nlri_ipv6_prefix"}


def bgpdump(path):
    lines = harness.run(["bgpdump", "-m", path]).stdout.splitlines()
    return [AGGREGATOR_0.sub("||", PATH_ID.sub(r"\1", line))
            for line in lines if not STATE_CHANGE.match(line)]


def difference(ours, theirs):
    for number, (a, b) in enumerate(zip(ours, theirs), 1):
        if a != b:
            return f"line {number}\nours    {a}\nbgpdump {b}"
    return f"{len(ours)} lines, bgpdump {len(theirs)}"


def check_mrt(tap, tool, path):
    name = os.path.basename(path)
    done = harness.run([tool, path])
    if name in NOT_READABLE:
        said = set(done.stderr.splitlines())
        tap.ok(done.returncode == 1 and said == {NOT_READABLE[name]} and not done.stdout,
               f"{name}: refused", done.stderr)
        return 0
    theirs = bgpdump(path)
    ours = done.stdout.splitlines()
    tap.ok(done.returncode == 0 and ours == theirs,
           f"{name}: {len(theirs)} routes as bgpdump reads them",
           f"exit {done.returncode}", done.stderr, difference(ours, theirs))
    return len(ours)


def streams(capture):
    """{stream: (octets of one direction, octets of the other)}, as tshark reassembles them."""
    found = harness.run(["tshark", "-r", capture, "-Y", "bgp", "-T", "fields", "-e", "tcp.stream"])
    table = {}
    for stream in sorted(set(map(int, found.stdout.split()))):
        follow = harness.run(["tshark", "-r", capture, "-q", "-z", f"follow,tcp,raw,{stream}"])
        sides = [b"", b""]
        for line in follow.stdout.splitlines():
            if re.fullmatch(r"\t?([0-9a-f]{2})+", line):
                sides[line.startswith("\t")] += bytes.fromhex(line)
        table[stream] = tuple(sides)
    return table


def messages(octets):
    out = []
    while len(octets) >= HEADER:
        length = struct.unpack(">H", octets[16:18])[0]
        if length < HEADER or length > len(octets):
            break
        out.append(octets[:length])
        octets = octets[length:]
    return out


def offers_as4(octets):
    """Whether the OPEN that the direction begins with offers 4-octet AS numbers."""
    first = messages(octets)[:1]
    if not first or first[0][18] != 1:
        return False
    at, found = 29, False
    while at + 2 <= len(first[0]):
        parameter, end = at + 2, at + 2 + first[0][at + 1]
        while parameter + 2 <= end:
            found = found or first[0][parameter] == AS4_CAPABILITY
            parameter += 2 + first[0][parameter + 1]
        at = end
    return found


def mrt(octets, as4):
    """An MRT file of BGP4MP messages with nobody's addresses."""
    head = struct.pack(">IIHH8x" if as4 else ">HHHH8x", 0, 0, 0, 1)
    out = b""
    for message in messages(octets):
        body = head + message
        out += struct.pack(">IHHI", 0, 16, 4 if as4 else 1, len(body)) + body
    return out


def prefixes_of_tshark(capture):
    """Prefixes by (stream, letter, prefix), as many times as they came."""
    text = harness.run(["tshark", "-r", capture, "-Y", "bgp.type == 2", "-T", "pdml"]).stdout
    counted = collections.Counter()
    for packet in xml.etree.ElementTree.fromstring(text).iter("packet"):
        stream, length = None, None
        for field in packet.iter("field"):
            name, shown = field.get("name"), field.get("show")
            if name == "tcp.stream":
                stream = int(shown)
            elif name == "bgp.prefix_length":
                length = shown
            elif name in ANNOUNCED | WITHDRAWN:
                counted[stream, "AW"[name in WITHDRAWN], f"{shown}/{length}"] += 1
    return counted


def check_capture(tap, tool, capture, scratch):
    name = os.path.basename(capture)
    ours, complaints, updates = collections.Counter(), "", 0
    for stream, sides in streams(capture).items():
        as4 = all(map(offers_as4, sides))
        for side, octets in enumerate(sides):
            updates += sum(message[18] == 2 for message in messages(octets))
            done = harness.run([tool, scratch.file(f"{name}.{stream}.{side}", mrt(octets, as4))])
            complaints += done.stderr
            for line in done.stdout.splitlines():
                fields = line.split("|")
                ours[stream, fields[2], fields[5]] += 1
    theirs = prefixes_of_tshark(capture)
    tap.ok(not complaints and updates > 0, f"{name}: {updates} UPDATEs come back as they were",
           complaints)
    tap.ok(ours == theirs and theirs,
           f"{name}: {sum(theirs.values())} prefixes as tshark reads them",
           f"ours only   {ours - theirs}", f"tshark only {theirs - ours}")


def check_lies(tap, tool, scratch):
    """A file cut off is refused in one line that says where."""
    whole = os.path.join(DATA, "mrt", "mrtparse-openbgpd_rib_table-v2")
    with open(whole, "rb") as file:
        octets = file.read()
    for cut in (5, 13, 100, len(octets) - 1):
        done = harness.run([tool, scratch.file(f"cut{cut}", octets[:cut])])
        tap.ok(done.returncode == 1 and re.fullmatch(r"\S+: MRT: .* at octet \d+\n", done.stderr),
               f"cut off after {cut} octets: refused", done.stderr)


def main():
    tool = harness.given()
    if tool is None:
        sys.exit(__doc__)
    tap = harness.Tap()
    for program in ("bgpdump", "tshark"):
        tap.ok(shutil.which(program), f"{program} is installed")
    with harness.Scratch() as scratch:
        files = [path for path in sorted(glob.glob(os.path.join(DATA, "mrt", "*")))
                 if not path.endswith(".md")]
        routes = sum(check_mrt(tap, tool, path) for path in files)
        tap.ok(routes > 10000, f"{routes} routes in all")
        for capture in sorted(glob.glob(os.path.join(DATA, "bgp", "*.pcap"))):
            check_capture(tap, tool, capture, scratch)
        check_lies(tap, tool, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
