#!/usr/bin/env python3
"""What edge routers answer: edge_test.py ERBIUM. Needs root, for namespaces and raw sockets.

Packets that ping, traceroute and tracepath sent are replayed; tshark, which knows nothing of
erbium, says whether the answers are right: who speaks, what of, about which packet, and every
checksum. Then the same programs run against a live circuit and print what they find. Fragments are
put together again by an independent hand. Nothing of it depends on how a run is cut.
"""

import collections
import os
import re
import subprocess
import sys

from harness import CONFIGS, Scratch, Tap, files_of, program, run  # finds the oracles, too

import conservation
import pcapng
from live_test import (BRANCH, VETH, VM, Live, af_packet, journal_ready, judge, veth_hosts,
                       with_devices, with_hosts)
from run import Run

SCENARIO = os.path.join(CONFIGS, "traceroute.yaml")
CHECKED = ("-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
HOST, HOST6 = "192.168.1.10", "fd00:1::10"
CE, MSEES, GATEWAY = "192.168.0.1", {"172.16.0.2", "172.16.0.6"}, "10.0.255.4"
CE6, MSEES6, GATEWAY6 = "fd00:1::1", {"fd00:16::2", "fd00:16::6"}, re.compile("fd00:e4::")


def tshark(path, want, *fields):
    """The values of the fields, in the outer packet and those it quotes, for each that matches."""
    words = ["tshark", "-r", path, *CHECKED, "-Y", want, "-T", "fields", "-E", "occurrence=a",
             "-E", "separator=/t"]
    for field in fields:
        words += ["-e", field]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return [[cell.split(",") if cell else [] for cell in line.split("\t")]
            for line in done.stdout.splitlines()]


def replayed(tap, scratch, scenario, name):
    out = scratch.new_run()
    done = run([program(), "run", scenario, "--out", out])
    if not tap.ok(done.returncode == 0, f"{name} runs and meets its expectations",
                  done.stdout[-800:], done.stderr):
        return None
    result = Run(out)
    findings = conservation.judge(result)
    tap.ok(not findings, f"{name} accounts for every packet", *findings)
    return result


# ---- what tshark reads ----

def icmp_of(frame):
    """(whether it is an error, the ICMP message with what it quotes, the IP packet) of a frame."""
    packet = frame[14:]
    if packet[0] >> 4 == 4:
        packet = packet[:int.from_bytes(packet[2:4], "big")]
        icmp = packet[(packet[0] & 15) * 4:] if packet[9] == 1 else b""
        return bool(icmp) and icmp[0] in (3, 11), icmp, packet
    icmp = packet[40:] if packet[6] == 58 else b""
    return bool(icmp) and icmp[0] < 128, icmp, packet


def without_hops(packet):
    """What no router on the way changes: the packet without TTL and checksum, or hop limit."""
    out = bytearray(packet)
    for at in (8, 10, 11) if packet[0] >> 4 == 4 else (7,):
        out[at] = 0
    return bytes(out)


def test_quotes(tap, branch):
    """Every error quotes the beginning of a packet that came in before it, as long as it may."""
    sent, wrong, errors = [], [], 0
    for frame in pcapng.packets(branch):
        error, icmp, packet = icmp_of(frame.data)
        if frame.direction == "in":
            sent.append(without_hops(packet))
        elif error:
            errors += 1
            quoted, most = without_hops(icmp[8:]), 576 if packet[0] >> 4 == 4 else 1280
            if not any(s.startswith(quoted) and (len(packet) == most or len(s) == len(quoted))
                       for s in sent):
                wrong.append(frame.number)
    tap.ok(errors > 25 and not wrong, "every error quotes a packet that the host sent", errors,
           wrong)


def test_well_formed(tap, branch):
    bad = tshark(branch, "_ws.malformed || ip.checksum.status == 0 || icmp.checksum.status == 0 || "
                 "icmpv6.checksum.status == 0", "frame.number")
    tap.same(bad, [], "tshark finds every answer well-formed, with right checksums")


def test_time_exceeded(tap, branch):
    answers = tshark(branch, "icmp.type == 11", "ip.src", "ip.dst", "ip.ttl", "ip.id", "icmp.code")
    tap.ok(len(answers) > 15, "TTLs that run out are answered", len(answers))
    tap.same({(a[0][1], a[1][0], a[4][0]) for a in answers}, {(HOST, HOST, "0")},
             "each quotes a packet of the host and goes to it")
    tap.same({a[2][1] for a in answers}, {"1"}, "the quoted TTL is the one that ran out")
    probes = {p[0][0]: int(p[1][0]) for p in tshark(
        branch, f"ip.src == {HOST} && ip.dst == {VM} && ip.ttl < 4 && ip.id != 0", "ip.id",
        "ip.ttl")}
    by_hop = collections.defaultdict(set)
    for answer in answers:
        if answer[3][1] in probes:
            by_hop[probes[answer[3][1]]].add(answer[0][0])
    tap.same(by_hop[1], {CE}, "TTL 1 runs out at the customer's router, by its LAN address")
    tap.ok(by_hop[2] and by_hop[2] <= MSEES, "TTL 2 at an MSEE, by its address of the peering",
           by_hop[2])
    tap.same(by_hop[3], {GATEWAY}, "TTL 3 at the gateway, by its address in the GatewaySubnet")


def test_time_exceeded6(tap, branch):
    answers = tshark(branch, "icmpv6.type == 3", "ipv6.src", "ipv6.dst", "ipv6.hlim",
                     "icmpv6.code")
    tap.same(len(answers), 3, "hop limits that run out are answered")
    speakers = [a[0][0] for a in answers]
    tap.ok(CE6 in speakers and MSEES6 & set(speakers) and any(map(GATEWAY6.match, speakers)),
           "by the three routers", speakers)
    tap.same({(a[0][1], a[1][0], a[2][1]) for a in answers}, {(HOST6, HOST6, "1")},
             "each quotes a packet of the host and goes to it")


def test_echo(tap, branch, cloud):
    for asked in ("172.16.0.2", "172.16.0.6", GATEWAY):
        requests = tshark(branch, f"icmp.type == 8 && ip.dst == {asked}", "ip.src", "icmp.seq",
                          "ip.len", "data.data")
        replies = tshark(branch, f"icmp.type == 0 && ip.src == {asked} && icmp.resp_to", "ip.dst",
                         "icmp.seq", "ip.len", "data.data")
        tap.ok(len(replies) == 2 and replies == requests, f"{asked} gives every ping back as it is",
               requests, replies)
    replies = tshark(branch, "icmpv6.type == 129 && ipv6.src == fd00:16::2",
                     "icmpv6.echo.sequence_number")
    tap.same(len(replies), 2, "an MSEE answers pings over IPv6")
    own = tshark(cloud, "icmp.type == 0 || icmpv6.type == 129", "frame.number")
    tap.same(own, [], "no router answers for a virtual machine")


def test_unreachable(tap, branch):
    answers = tshark(branch, "icmp.type == 3", "ip.src", "icmp.code", "icmp.mtu", "ip.dst",
                     "ip.len")
    found = collections.Counter((a[0][0], a[1][0], (a[2] or ["-"])[0]) for a in answers)
    tap.same(found[(CE, "0", "-")] + found[(CE, "0", "0")], 1, "no route: the router says so")
    tap.ok(found[(GATEWAY, "4", "1400")] == 5, "1,500 bytes with DF: the gateway says 1400", found)
    ports = sum(n for (source, code, _), n in found.items()
                if source == "172.16.0.2" and code == "3")
    tap.ok(ports >= 3, "a router's UDP port that nobody listens on is unreachable", found)
    tap.ok(max(int(a[4][0]) for a in answers) == 576, "as much is quoted as 576 bytes hold")
    big = tshark(branch, "icmpv6.type == 2", "ipv6.src", "icmpv6.mtu", "frame.len")
    tap.same([(a[1][0], a[2][0]) for a in big], [("1400", str(14 + 1280))] * 2,
             "over IPv6 packet too big, with as much as 1,280 bytes hold")


def test_fragments(tap, branch, cloud):
    """Pings of 1,500 bytes without DF reach the cloud whole, in two fragments."""
    whole = tshark(branch, "icmp.type == 8 && ip.len == 1500 && ip.flags.df == 0 && ip.ttl == 64",
                   "ip.id", "data.data")
    parts = tshark(cloud, "ip.flags.mf == 1 || ip.frag_offset > 0", "ip.id", "ip.frag_offset",
                   "ip.len", "ip.flags.mf", "frame.packet_id")
    tap.same(len(whole), 2, "there are such pings")
    tap.same([(int(p[1][0]) * 8, p[2][0], p[3][0]) for p in parts],
             [(0, "1396", "1"), (1376, "124", "0")] * 2, "each is cut where RFC 791 cuts it")
    tap.same([p[0][0] for p in parts], [w[0][0] for w in whole for _ in range(2)],
             "fragments keep the identification")
    tap.same(len({p[4][0] for p in parts}), 2, "fragments of one packet have its packet id")
    joined = tshark(cloud, "ip.reassembled.length", "ip.reassembled.length", "icmp.checksum.status")
    tap.same([(j[0][0], j[1][0]) for j in joined], [("1480", "1")] * 2,
             "tshark puts them together, and the checksum of the whole is right")


def test_replayed(tap, scratch):
    result = replayed(tap, scratch, SCENARIO, "traceroute")
    if not result:
        return
    branch, cloud = (os.path.join(result.directory, "ports", f"{p}.pcapng")
                     for p in ("branch", "cloud"))
    test_well_formed(tap, branch)
    test_quotes(tap, branch)
    test_time_exceeded(tap, branch)
    test_time_exceeded6(tap, branch)
    test_echo(tap, branch, cloud)
    test_unreachable(tap, branch)
    test_fragments(tap, branch, cloud)
    tap.same(result.summary["packets"]["copied"], 2, "two fragments were made beyond the first")
    icmp = result.summary["originated"]["icmp"]
    left = len(tshark(branch, "frame.p2p_dir == 0 && (icmp || icmpv6) "
                      "&& !(icmpv6.type >= 133 && icmpv6.type <= 137)", "frame.number"))
    tap.ok(icmp > 30 and left == icmp, "all that was originated left by the branch", icmp, left)


def test_cuts(tap, scratch):
    """Bursts and windows do not show."""
    first = None
    for words in ((), ("--burst", "1"), ("--burst", "4"), ("--burst", "7"),
                  ("--lookahead-divisor", "2"), ("--burst", "1", "--lookahead-divisor", "7")):
        for name in ("traceroute", "gateway-mtu-fragment"):
            out = scratch.new_run()
            run([program(), "run", os.path.join(CONFIGS, name + ".yaml"), "--out", out, *words])
            files = files_of(out)
            first = first or {}
            tap.same(files, first.setdefault(name, files), f"{name} {' '.join(words)}: same bytes")


# ---- options ----

def test_silenced(tap, scratch):
    """A router that may say nothing, one that may not answer pings, and a rate."""
    with open(SCENARIO, encoding="utf-8") as file:
        text = file.read().replace("../pcaps", os.path.join(os.path.dirname(CONFIGS), "pcaps"))
    text = re.sub(r"(?ms)^expect:\n.*?(?=^\S)", "", text)
    quiet = "icmp: { routers: { ergw-hub: { errors: false }, msee-a: { echo: false } } }\n"
    result = replayed(tap, scratch, scratch.file("silent.yaml", text + quiet),
                      "with silent routers")
    branch = os.path.join(result.directory, "ports", "branch.pcapng")
    speakers = {a[0][0] for a in tshark(branch, "icmp.type == 11 || icmp.type == 3", "ip.src")}
    tap.ok(GATEWAY not in speakers and CE in speakers, "a silenced gateway sends no errors",
           speakers)
    replies = {a[0][0] for a in tshark(branch, "icmp.type == 0", "ip.src")}
    tap.ok("172.16.0.2" not in replies and GATEWAY in replies, "a silenced MSEE answers no pings",
           replies)
    slow = "icmp: { rate: 1, burst: 1 }\n"
    result = replayed(tap, scratch, scratch.file("slow.yaml", text + slow), "with a low rate")
    withheld = result.summary.get("withheld", {}).get("icmp_rate", 0)
    tap.ok(withheld > 5, "errors beyond the rate are withheld and counted", withheld)


# ---- the programs themselves ----

def hops_of(text):
    """{hop: what stands first behind it}"""
    return {int(n): rest for n, rest in re.findall(r"(?m)^ *(\d+)[:?]* +(\S+)", text)}


def test_live(tap, scratch):
    def test(branch, vm, tag):
        out = scratch.new_run()
        text = with_devices(VETH, af_packet(veth_hosts((branch, vm), tag)))
        text = text.replace("circuits: [{ id: er-sjc }]",
                            "circuits: [{ id: er-sjc }], path_mtu: 1400,\n"
                            "              over_path_mtu: icmp_frag_needed")
        live = Live(scratch.file("edge.yaml", text), out, journal_ready(out))
        try:
            programs(tap, branch)
        finally:
            result = judge(tap, live, out, "real programs")
        if result:
            tap.ok(result.summary["originated"].get("icmp", 0) > 10, "routers spoke to them")
    with_hosts(test)


def programs(tap, branch):
    branch.run("ping", "-n", "-c", "1", "-W", "2", VM)  # addresses are resolved
    for address, what in ((CE, "the customer's router"), ("172.16.0.2", "an MSEE"),
                          (GATEWAY, "the gateway")):
        done = branch.run("ping", "-n", "-c", "3", "-i", "0.1", "-W", "2", address)
        tap.ok(" 3 received" in done.stdout, f"ping reaches {what}", done.stdout)
    for words in ((), ("-I",), ("-T", "-p", "9")):
        done = branch.run("traceroute", "-n", "-q", "1", "-w", "2", "-m", "6", *words, VM)
        hops = hops_of(done.stdout)
        tap.ok(hops.get(1) == CE and hops.get(2) in MSEES and hops.get(3) == GATEWAY
               and hops.get(4) == VM, f"traceroute {' '.join(words)} prints the hops", done.stdout)
    done = branch.run("tracepath", "-n", "-m", "6", VM)
    tap.ok("pmtu 1400" in done.stdout and GATEWAY in done.stdout and "reached" in done.stdout,
           "tracepath finds the gateway's MTU, and the way", done.stdout)
    branch.run("ip", "route", "flush", "cache")
    done = branch.run("ping", "-n", "-c", "2", "-i", "0.1", "-W", "1", "-M", "do", "-s", "1472", VM)
    tap.ok(re.search(rf"From {GATEWAY} .*mtu = 1400|message too long, mtu=1400",
                     done.stdout + done.stderr), "ping with DF is told the MTU",
           done.stdout, done.stderr)
    branch.run("ip", "route", "flush", "cache")
    done = branch.run("ping", "-n", "-c", "3", "-i", "0.1", "-W", "2", "-M", "dont", "-s", "1472",
                      VM)
    tap.ok(" 3 received" in done.stdout, "ping without DF crosses in fragments", done.stdout)
    done = branch.run("ping", "-n", "-c", "1", "-W", "2", "203.0.113.9")
    tap.ok(f"From {CE}" in done.stdout and "Net Unreachable" in done.stdout,
           "ping is told that there is no route", done.stdout)


def main():
    tap = Tap()
    with Scratch() as scratch:
        for test in (test_replayed, test_cuts, test_silenced, test_live):
            try:
                test(tap, scratch)
            except (RuntimeError, subprocess.SubprocessError, AttributeError) as error:
                tap.ok(False, f"{test.__name__} runs to its end", error)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
