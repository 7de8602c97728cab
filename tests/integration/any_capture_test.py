#!/usr/bin/env python3
"""Captures of any kind, replayed with and without a scenario: any_capture_test.py ERBIUM

Link types become Ethernet, judged by what tshark reads before and after; gzip, zstd and pipes;
times under --speed, --pps, --rate and --loop to the nanosecond; filters against tcpdump; sides;
super-frames against what scapy makes of their segments; captures without a scenario.
"""

import ipaddress
import os
import re
import shutil
import subprocess
import sys
from fractions import Fraction

import yaml
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether

from harness import ROOT, Scratch, Tap, environment, files_of, program, run

import conservation
import pcapng
from run import Run

DATA = os.path.join(ROOT, "tests", "data", "captures")
PCAPS = os.path.join(ROOT, "pcaps")
PLAIN = os.path.join(DATA, "ethernet.pcap")
INVALID, USAGE, NOT_FOUND = 4, 2, 3
AZURE = [ipaddress.ip_network(p) for p in ("10.7.0.0/24", "fd10:7::/64")]
NETWORK = f"""\
erbium: 1
name: any-capture
ports: {{ branch: {{}}, cloud: {{}} }}
circuits:
  er:
    model: provider
    bandwidth: 1Gbps
    links:
      primary:   {{ msee: msee-a, rate: 10Gbps, delay: 1.2ms }}
      secondary: {{ msee: msee-b, rate: 10Gbps, delay: 1.3ms }}
    peerings:
      private:
        vlan: 100
        peer_asn: 65001
        ipv4: {{ primary: 192.0.2.0/30, secondary: 192.0.2.4/30 }}
        ipv6: {{ primary: "fd00:16::/126", secondary: "fd00:16::4/126" }}
gateways: {{ gw: {{ sku: ErGw1AZ, vnet: hub, circuits: [{{ id: er }}] }} }}
vnets:
  hub:
    prefixes: ["{AZURE[0]}", "{AZURE[1]}", 10.255.0.0/24]
    subnets: {{ GatewaySubnet: {{ prefix: 10.255.0.0/27 }} }}
    port: cloud
onprem:
  ce:
    asn: 65001
    port: branch
    announce: [{{ prefix: 192.168.7.0/24 }}, {{ prefix: "fd00:7::/64" }}]
control: {{ routes: static }}
"""
SIDES = [f"--azure={p}" for p in AZURE]
# What tshark says of a packet above its link header.
FIELDS = ("frame.time_epoch ip.src ip.dst ip.id ip.ttl ip.len ipv6.src ipv6.dst ipv6.plen "
          "tcp.srcport tcp.seq_raw tcp.flags tcp.payload udp.srcport udp.length udp.payload "
          "icmp.seq icmpv6.echo.sequence_number data.data").split()
LINK = {  # fields of a link header, as eth.src and eth.dst should have them
    "ethernet": ("eth.src", "eth.dst"), "wireless": ("wlan.sa", "wlan.da"),
    "radiotap": ("wlan.sa", "wlan.da"), "cooked": ("sll.src.eth", None),
    "cooked2": ("sll.src.eth", None)}


def tshark(path, *more, fields=FIELDS):
    words = ["tshark", "-n", "-r", path, "-T", "fields", "-E", "occurrence=f", *more]
    for field in fields:
        words += ["-e", field]
    return [tuple(line.split("\t")) for line in run(words).stdout.splitlines()]


def replay(*words, config=None, out, **more):
    words = [program(), "replay", *words, "--out", out]
    return run(words + (["--config", config] if config else []), **more)


def replayed(*words, config, out):
    done = replay(*words, config=config, out=out)
    if done.returncode != 0:
        raise RuntimeError(f"{words}: exit {done.returncode}: {done.stderr}")
    return Run(out)


def entered(result):
    """Packets that came in by either port, in order of their ids."""
    both = result.received("branch") + result.received("cloud")
    return sorted(both, key=lambda p: p.packetid)


def refused(result):
    """{reason: packets} that did not enter by the branch."""
    return result.counters()["ports"]["branch"]["out"]["dropped"]


def one_line(done, code, says):
    return (done.returncode == code and done.stderr.count("\n") == 1
            and re.search(says, done.stderr))


def link_types(tap, scratch, config):
    """The same conversation by every link type, and what tshark reads before and after."""
    names = ["ethernet", "raw", "raw12", "raw14", "ipv4", "ipv6", "cooked", "cooked2", "null",
             "loop", "wireless", "radiotap", "mixed"]
    keep = scratch.file("keep.yaml", NETWORK + "replay:\n  - { name: capture, file: x, port: "
                        "branch, rewrite: { mac: keep } }\n")
    for name in names:
        path = os.path.join(DATA, name + (".pcapng" if name == "mixed" else ".pcap"))
        out = scratch.new_run()
        replayed(path, config=keep, out=out)
        port = os.path.join(out, "ports", "branch.pcapng")
        incoming = ("-Y", "frame.packet_flags_direction == 1")
        before, after = tshark(path), tshark(port, *incoming)
        links = LINK.get(name, ())
        for field, ethernet in zip(links, ("eth.src", "eth.dst")):
            if field:
                before = [x + y for x, y in zip(before, tshark(path, fields=[field]))]
                after = [x + y for x, y in zip(after, tshark(port, *incoming, fields=[ethernet]))]
        tap.ok(before == after and len(before) > 5,
               f"{name}: tshark reads the {len(before)} packets as it read the capture's",
               *[f"{b}\n{a}" for b, a in zip(before, after) if b != a], len(before), len(after))
        groups = tshark(port, *incoming, "-Y", "ip.dst == 224.0.0.251", fields=["eth.dst"])
        if name not in ("ipv6", "ethernet", "mixed"):
            tap.same(groups, [("01:00:5e:00:00:fb",)], f"{name}: a group has its address")
        shutil.rmtree(out)


def odd_frames(tap, scratch, config):
    result = replayed(os.path.join(DATA, "radiotap-odd.pcap"), config=config, out=scratch.new_run())
    want = {"frame_malformed": 1, "frame_not_data": 3, "frame_partial": 1, "frame_protected": 1}
    found = {k: v for k, v in refused(result).items() if k.startswith("frame_")}
    tap.same(found, want, "802.11 frames without data are dropped by name")
    sizes = [len(p.data) - 14 for p in result.received("branch")]
    talk = [p.data for p in pcapng.packets(os.path.join(DATA, "raw.pcap"))]
    want = [len(talk[i]) for i in (0, 3, 7)]
    tap.same(sizes, want, "aggregated frames come apart")
    for name, says in (("arcnet.pcap", "link type ARCNET_LINUX .*cannot be replayed"),):
        done = replay(os.path.join(DATA, name), config=config, out=scratch.new_run())
        tap.ok(one_line(done, INVALID, says), f"{name} is refused by name", done.stderr)


def packed(tap, scratch, config):
    """The same bytes come out of whatever the capture is packed in, and out of a pipe."""
    def outputs(path, **more):
        out = scratch.new_run()
        done = replay(path, config=config, out=out, **more)
        found = {k: v for k, v in files_of(out).items() if k.startswith(("ports", "links"))}
        return found or done.stderr
    want = outputs(PLAIN)
    with open(PLAIN, "rb") as file:
        data = file.read()
    packers = {"gz": ["gzip", "-c"], "zst": ["zstd", "-qc"]}
    made = {}
    for suffix, words in packers.items():
        made[suffix] = subprocess.run(words, input=data, capture_output=True, check=True).stdout
        path = scratch.file("packed.pcap." + suffix, made[suffix])
        tap.same(outputs(path), want, f"{suffix}: same captures come out")
        half = len(data) // 2
        parts = b"".join(subprocess.run(words, input=part, capture_output=True, check=True).stdout
                         for part in (data[:half], data[half:]))
        tap.same(outputs(scratch.file("parts." + suffix, parts)), want, f"{suffix} in two parts")
        for name, bytes_ in (("cut", made[suffix][:-20]),
                             ("damaged", made[suffix][:100] + b"\xff" * 40 + made[suffix][140:])):
            out = scratch.new_run()
            done = replay(scratch.file(f"{name}.{suffix}", bytes_), config=config, out=out)
            tap.ok(one_line(done, INVALID, "(gzip|zstd) data (ends too early|is damaged)"),
                   f"{suffix}, {name}: one line", done.returncode, done.stderr)
    for name, bytes_ in (("as it is", data), ("gzip", made["gz"])):
        out = scratch.new_run()
        done = subprocess.run([program(), "replay", "-", "--config", config, "--out", out],
                              input=bytes_, capture_output=True, env=environment(), timeout=120)
        found = {k: v for k, v in files_of(out).items() if k.startswith(("ports", "links"))}
        tap.ok(found == want, f"standard input, {name}: same captures come out", done.stderr)
    xz = scratch.file("x.pcap.xz", b"\xfd7zXZ\0" + bytes(60))
    done = replay(xz, config=config, out=scratch.new_run())
    tap.ok(one_line(done, INVALID, "is compressed with xz"), "xz is refused by name", done.stderr)
    done = replay("/dev/null", "--loop", "2", config=config, out=scratch.new_run())
    tap.ok(one_line(done, INVALID, "is empty"), "an empty file that cannot be sized", done.stderr)


def timing(tap, scratch, config):
    """Entries to the nanosecond, and ids that go on."""
    source = list(pcapng.packets(PLAIN))
    first, length = source[0].ts_ns, source[-1].ts_ns - source[0].ts_ns
    once = [p.ts_ns - first for p in source]
    sizes = [p.wirelen for p in source]

    def scaled(speed, loop=1):
        return [(t + k * length) // 1 * speed.denominator // speed.numerator
                for k in range(loop) for t in once]

    def even(gap, loop=1):
        out, total = [], 0
        for n in range(loop * len(sizes)):
            out.append(total * 10**9 // gap[1])
            total += 1 if gap[0] == "pps" else 8 * sizes[n % len(sizes)]
        return out

    cases = {
        ("--speed", "2.5"): scaled(Fraction(5, 2)),
        ("--speed", "0.333"): scaled(Fraction(333, 1000)),
        ("--loop", "3"): scaled(Fraction(1), 3),
        ("--speed", "7", "--loop", "4"): scaled(Fraction(7), 4),
        ("--pps", "1234567"): even(("pps", 1234567)),
        ("--pps", "7000", "--loop", "3"): even(("pps", 7000), 3),
        ("--rate", "777Kbps"): even(("rate", 777_000)),
        ("--rate", "1.5Gbps", "--loop", "2"): even(("rate", 1_500_000_000), 2),
    }
    for words, want in cases.items():
        result = replayed(PLAIN, *words, *SIDES, config=config, out=scratch.new_run())
        found = entered(result)
        times = [p.ts_ns - found[0].ts_ns for p in found]
        tap.ok(times == want, f"{' '.join(words)}: {len(want)} packets enter to the nanosecond",
               [(f, w) for f, w in zip(times, want) if f != w][:4], len(times), len(want))
        ids = [p.packetid for p in found]
        tap.same(ids, list(range(1, len(want) + 1)), f"{' '.join(words)}: ids go on")
    words = ("--speed", "3", "--loop", "5")
    found = []
    for burst in ("1", "7", "32"):
        out = scratch.new_run()
        replayed(PLAIN, *words, "--burst", burst, *SIDES, config=config, out=out)
        found.append(files_of(out))
    tap.ok(found[0] == found[1] == found[2], "repeated captures give the same bytes at any burst")


def filters(tap, scratch, config):
    test = os.path.join(PCAPS, "real", "mixed.onprem.pcap")
    cases = [(PLAIN, "tcp"), (PLAIN, "udp port 53"), (PLAIN, "ip6 and not multicast"),
             (PLAIN, "host 192.168.7.11 or icmp"), (test, "tcp[tcpflags] & tcp-syn != 0"),
             (test, "greater 500"), (os.path.join(DATA, "raw.pcap"), "dst host 10.7.0.4"),
             (os.path.join(DATA, "cooked2.pcap"), "tcp port 443"), (PLAIN, "port 9")]
    for path, expression in cases:
        counted = int(run(["tcpdump", "--count", "-nr", path, expression]).stdout.split()[0])
        out = scratch.new_run()
        result = replayed(path, "--filter", expression, config=config, out=out)
        found = result.summary["packets"]["rx"]
        tap.ok(found == counted, f"{os.path.basename(path)}, {expression!r}: {found} packets enter",
               f"tcpdump has {counted}")
    for words, code, says in (
            (("--filter", "tcp prot 80"), INVALID, "filter .*tcp prot 80.* cannot be used: "),
            (("--filter", "vlan and link[0] == 99 )"), INVALID, "cannot be used: "),
            (("--speed", "0"), USAGE, "--speed 0: a decimal number above 0"),
            (("--speed", "2", "--pps", "5"), USAGE, "all say how fast"),
            (("--loop", "0"), USAGE, "--loop 0: a number from 1 to"),
            (("--rate", "100"), USAGE, "--rate 100: a rate with its unit"),
            (("--gso", "cut"), USAGE, "drop, resegment"),
            (("--azure", "10.0.0"), USAGE, "--azure 10.0.0: an address or a prefix"),
            (("--azure-port", "cloud"), USAGE, "--azure-port goes with"),
            (("--azure-serves", "--azure", "10.7.0.4"), USAGE, "both part the capture"),
            (("--azure", "10.7.0.4", "--azure-port", "branch"), USAGE, "both sides .* by port"),
            (("--azure", "10.7.0.4", "--azure-port", "clout"), NOT_FOUND, "no port clout.*cloud"),
            (("--onprem", "10.7.0.4"), USAGE, "--onprem goes without --config")):
        done = replay(PLAIN, *words, config=config, out=scratch.new_run())
        tap.ok(one_line(done, code, says), f"{' '.join(words)}: exit {code}, one line",
               done.returncode, done.stderr)


def sides(tap, scratch, config):
    """One capture of both directions enters by two ports."""
    source = list(pcapng.packets(PLAIN))
    server = "02:00:00:07:00:04"
    from_server = [n for n, p in enumerate(source, 1)
                   if p.data[6:12] == bytes.fromhex(server.replace(":", ""))]
    for words in (SIDES, ["--azure-mac", server], ["--azure-serves"]):
        result = replayed(PLAIN, *words, config=config, out=scratch.new_run())
        found = [p.packetid for p in result.received("cloud")]
        tap.same(found, from_server, f"{' '.join(words)}: the server's packets enter at the cloud")
        groups = 3
        tap.same((len(result.sent("branch")), len(result.sent("cloud"))),
                 (len(from_server), len(source) - len(from_server) - groups),
                 f"{' '.join(words)}: all but those to groups cross")


def super_frames(tap, scratch, config):
    path = os.path.join(DATA, "super.pcap")
    result = replayed(path, config=config, out=scratch.new_run())
    tap.same(refused(result), {"gso_super_frame": 3},
             "TCP super-frames are dropped by name")
    result = replayed(path, "--gso", "keep", config=config, out=scratch.new_run())
    tap.same(refused(result), {"oversize": 1},
             "kept, they are jumbo frames up to 9,216 bytes")
    out = scratch.new_run()
    result = replayed(path, "--gso", "resegment", config=config, out=out)
    found = [p.data for p in result.received("branch")]
    tap.ok(all(len(f) <= 1514 for f in found[:-1]) and len(found[-1]) == 14 + 28 + 4000,
           "resegmented, no TCP packet is above the MTU, and UDP stays", [len(f) for f in found])
    for n, whole in enumerate(list(pcapng.packets(path))[:4]):
        frame = Ether(whole.data)
        parts = [f for f in found if _belongs(Ether(f), frame)]
        wrong = _segments_wrong(frame, [Ether(f) for f in parts])
        tap.ok(not wrong and len(parts) == -(-len(frame[TCP].payload) // 1448),
               f"super-frame {n + 1}: {len(parts)} segments as a card cuts them", *wrong)
    sums = tshark(os.path.join(out, "ports", "branch.pcapng"), "-o", "tcp.check_checksum:TRUE",
                  "-o", "ip.check_checksum:TRUE", "-Y", "frame.packet_flags_direction == 1 && tcp",
                  fields=["tcp.checksum.status", "ip.checksum.status"])
    tap.ok(len(sums) > 20 and all(tcp == "1" and ip in ("", "1") for tcp, ip in sums),
           f"tshark finds the checksums of {len(sums)} TCP packets right", sums)


def _belongs(part, whole):
    if TCP not in part or part.type != whole.type:
        return False
    return (part[TCP].seq - whole[TCP].seq) % 2**32 < len(whole[TCP].payload)


def _segments_wrong(whole, parts):
    wrong, data = [], bytes(whole[TCP].payload)
    if b"".join(bytes(p[TCP].payload) for p in parts) != data:
        wrong.append("payload differs")
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        flags = int(whole[TCP].flags) & ~(0 if last else 0x09) & ~(0x80 if index else 0)
        if int(part[TCP].flags) != flags:
            wrong.append(f"segment {index}: flags {part[TCP].flags}")
        if part[TCP].options != whole[TCP].options:
            wrong.append(f"segment {index}: options {part[TCP].options}")
        if IP in whole and part[IP].id != (whole[IP].id + index) % 65536:
            wrong.append(f"segment {index}: id {part[IP].id}")
        fixed = part.copy()
        for layer in (IP, IPv6, TCP):
            for name in ("chksum", "len", "plen"):
                if layer in fixed and name in fixed[layer].fields:
                    delattr(fixed[layer], name)
        if bytes(fixed) != bytes(part):
            wrong.append(f"segment {index}: lengths or checksums are not scapy's")
    return wrong


def truncated(tap, scratch, config):
    """editcap cuts frames; they are carried by their length on the wire."""
    path = scratch.file("short.pcap")
    run(["editcap", "-F", "nsecpcap", "-s", "60", PLAIN, path])
    result = replayed(path, *SIDES, config=config, out=scratch.new_run())
    source = list(pcapng.packets(PLAIN))
    found = [(p.wirelen, len(p.data)) for p in entered(result)]
    tap.same(found, [(p.wirelen, min(60, len(p.data))) for p in source],
             "frames cut by the snapshot length keep their length on the wire")
    tap.same(result.summary["ports"]["cloud"]["tx"]["bytes"],
             sum(p.wirelen for p in result.sent("cloud")), "and are counted by it")


def unknown_captures():
    names = [os.path.join(DATA, n) for n in sorted(os.listdir(DATA))
             if n.endswith((".pcap", ".pcapng")) and n != "arcnet.pcap"]
    names += [os.path.join(PCAPS, n) for n in sorted(os.listdir(PCAPS)) if n.endswith(".pcap")]
    real = os.path.join(PCAPS, "real")
    return names + [os.path.join(real, n) for n in sorted(os.listdir(real)) if n.endswith(".pcap")]


def without_scenario(tap, scratch):
    for path in unknown_captures():
        name = os.path.basename(path)
        out, again = scratch.new_run(), scratch.new_run()
        done = replay(path, out=out)
        assumed = [line for line in done.stderr.splitlines() if line.startswith("erbium: ")]
        good = done.returncode == 0 and len(assumed) >= 3
        written = os.path.join(out, "scenario.yaml")
        second = run([program(), "run", written, "--out", again]) if good else done
        first = files_of(out)
        first.pop("scenario.yaml", None)
        tap.ok(good and second.returncode == 0 and first == files_of(again),
               f"{name}: runs without a scenario, and the one it wrote gives the same bytes",
               done.returncode, done.stderr, second.stderr)
        result = Run(out)
        lost = conservation.judge(result, captures=not refused(result))
        tap.same(lost, [], f"{name}: every packet is accounted for")
        check = run([program(), "check", "--strict", written])
        tap.ok(check.returncode == 0, f"{name}: check has nothing against it", check.stderr)
        for directory in (out, again):
            shutil.rmtree(directory, ignore_errors=True)


def odd_captures(tap, scratch):
    """Whatever it is: a run whose packets add up, or one line that says why there is none."""
    odd = os.path.join(PCAPS, "odd")
    for name in sorted(os.listdir(odd)):
        path, out = os.path.join(odd, name), scratch.new_run()
        done = replay(path, out=out)
        if done.returncode == 0:
            result = Run(out)
            lost = conservation.judge(result, captures=not refused(result))
            counted = int(run(["capinfos", "-Tcrm", path]).stdout.split(",")[-1])
            rx = result.summary["packets"]["rx"]
            tap.ok(not lost and rx >= counted, f"{name}: {rx} packets enter and add up", *lost,
                   counted, done.stderr)
        else:
            tap.ok(one_line(done, INVALID, "odd/" + name + ": link type .* cannot be replayed"),
                   f"{name}: refused by name", done.returncode, done.stderr)


def inferred(tap, scratch):
    """Who is where, of captures where that is known."""
    cases = {  # capture: what is on-premises, what in Azure, packets that cross
        PLAIN: (["192.168.7.10/24"], ["10.7.0.4/24"], 17),
        os.path.join(DATA, "arp.pcap"): (["192.168.0.0/16"], ["10.0.0.0/16"], 0),
        os.path.join(DATA, "ipv6.pcap"): (["fd00:7::/64"], ["fd10:7::/64"], 5),
        os.path.join(DATA, "vlan.pcap"): (["192.168.7.0/24"], ["10.7.0.0/24"], 17),
        os.path.join(PCAPS, "branch-to-hub.pcap"): (["192.168.1.0/24"], ["10.0.1.0/24"], 285),
        os.path.join(PCAPS, "hub-to-branch.pcap"): (["192.168.1.0/24"], ["10.0.1.0/24"], 278),
    }
    for path, (onprem, azure, crossing) in cases.items():
        out = scratch.new_run()
        done = replay(path, out=out)
        with open(os.path.join(out, "scenario.yaml"), encoding="utf-8") as file:
            text = file.read()
        found = yaml.safe_load(text)
        announced = [a["prefix"] for a in found["onprem"]["ce"]["announce"]]
        vnet = found["vnets"]["azure"]["prefixes"]
        same = {str(ipaddress.ip_network(p, strict=False)) for p in onprem} <= set(announced)
        same = same and {str(ipaddress.ip_network(p, strict=False)) for p in azure} <= set(vnet)
        sent = Run(out).summary["ports"]
        crossed = sent["branch"]["tx"]["packets"] + sent["cloud"]["tx"]["packets"]
        tap.ok(same and crossed == crossing,
               f"{os.path.basename(path)}: {announced} | {vnet[:-1]}, {crossed} cross",
               f"expected {onprem} | {azure}, {crossing}", done.stderr)
        tap.ok(max(map(len, text.splitlines())) <= 100, "its lines are short")
    out = scratch.new_run()
    replay(PLAIN, "--azure", "192.168.7.0/24", "--azure", "fd00:7::/64", out=out)
    tap.same(len(Run(out).received("cloud")), 13, "--azure turns the sides round")
    out = scratch.new_run()
    done = replay(PLAIN, "--filter", "tcp prot 80", out=out)
    tap.ok(one_line(done, INVALID, "filter .*cannot be used") and not os.path.exists(out),
           "a filter that is none leaves nothing behind", done.stderr)
    done = replay(PLAIN, "--azure", "0.0.0.0/0", out=scratch.new_run())
    tap.ok(one_line(done, USAGE, "leave no addresses"), "Azure cannot be everything", done.stderr)
    for words, text in ((["--azure", "10.0.0.1/8"], "has host bits; write 10.0.0.0/8"),
                        (["--azure", "10.1.0.0/16", "--onprem", "10.0.0.0/8"], "overlap")):
        done = replay(PLAIN, *words, out=scratch.new_run())
        tap.ok(one_line(done, USAGE, text), f"{' '.join(words)}: {text}", done.stderr)
    out = scratch.new_run()
    with open(PLAIN, "rb") as file:
        done = subprocess.run([program(), "replay", "-", "--speed", "2", "--out", out],
                              stdin=file, capture_output=True, env=environment(), timeout=120)
    again = run([program(), "run", os.path.join(out, "scenario.yaml"), "--out", scratch.new_run()])
    tap.ok(done.returncode == 0 and again.returncode == 0, "standard input is kept to be run again",
           done.stderr, again.stderr)
    piped = scratch.new_run()
    done = run(["bash", "-c", '"$0" replay <(gzip -c "$1") --out "$2"', program(), PLAIN, piped])
    tap.ok(done.returncode == 0 and Run(piped).summary["packets"]["rx"] == 20,
           "and so is a pipe", done.stderr)
    shown = run([program(), "show", "links", out])
    tap.ok(shown.returncode == 0, "a run of one's own capture can be looked back at", shown.stderr)
    out = scratch.new_run()
    config = scratch.file("network.yaml", NETWORK)
    replay(PLAIN, "--loop", "3", "--filter", "tcp", *SIDES, config=config, out=out)
    shown = run([program(), "show", "links", out, "-o", "json"])
    tap.ok(shown.returncode == 0 and '"packets": ' in shown.stdout,
           "and one with options and a scenario", shown.stderr)


def main():
    tap = Tap()
    with Scratch() as scratch:
        config = scratch.file("network.yaml", NETWORK)
        link_types(tap, scratch, config)
        odd_frames(tap, scratch, config)
        packed(tap, scratch, config)
        timing(tap, scratch, config)
        filters(tap, scratch, config)
        sides(tap, scratch, config)
        super_frames(tap, scratch, config)
        truncated(tap, scratch, config)
        without_scenario(tap, scratch)
        odd_captures(tap, scratch)
        inferred(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
