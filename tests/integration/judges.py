"""Scenario files in the eyes of the oracles: rates, delays and tags are read from the YAML by
another reader than the program's, and the links' order follows from what domain knowledge says:
customer, circuit, MSEE, backbone, gateway."""

import ipaddress
import re
import subprocess
from collections import Counter

import yaml

import conservation
import delay
import frames
import packets
import pcapng
from bucket import Shaper, TokenBucket
from run import CIRCUIT_ENDS, Run

UNITS = {"bps": 1, "Kbps": 10**3, "Mbps": 10**6, "Gbps": 10**9,
         "ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "B": 1, "KiB": 1024, "MiB": 1024**2}
DIRECTIONS = ("to_azure", "to_onprem")
COMPLAINTS = " or ".join(["_ws.malformed"] + [f"{p}.checksum.status == 0" for p in
                                              ("ip", "tcp", "udp", "icmp", "icmpv6")])
TSHARK = ["tshark", "-n", "-Y", COMPLAINTS, "-T", "fields", "-e", "frame.number"]
for preference in ("ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE",
                   "ip.defragment:FALSE", "ipv6.defragment:FALSE",
                   "tcp.desegment_tcp_streams:FALSE"):
    TSHARK += ["-o", preference]


def quantity(text):
    """"1.2ms" in ns, "10Gbps" in bit/s, "64KiB" in bytes."""
    whole, fraction, unit = re.fullmatch(r"(\d+)(?:\.(\d+))?([A-Za-z]+)", str(text)).groups()
    fraction = fraction or ""
    return int(whole + fraction) * UNITS[unit] // 10 ** len(fraction)


class Scenario:
    """One circuit, one gateway, one virtual network, as the files in configs/ have it."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.data = yaml.safe_load(file)
        self.path = path
        (self.name, self.circuit), = self.data["circuits"].items()
        (self.gateway, _), = self.data["gateways"].items()
        peering = self.circuit["peerings"]["private"]
        self.tags = ([self.circuit["s_tag"]] if "s_tag" in self.circuit else []) + [peering["vlan"]]
        (vnet,) = self.data["vnets"].values()
        (ce,) = self.data["onprem"].values()
        self.cloud = vnet["port"]
        self.direct = "port" in self.circuit["links"]["primary"]
        self.ce_port = ce.get("port")

    def customer_port(self, end):
        return self.circuit["links"][end]["port"] if self.direct else self.ce_port

    def bucket(self):
        if not self.circuit.get("rate_limit", self.circuit["model"] == "provider"):
            return None
        rate = quantity(self.circuit["bandwidth"])
        limiter = self.circuit.get("limiter", {})
        burst = limiter.get("burst", "10ms")
        size = quantity(burst) if burst.endswith("B") else rate * quantity(burst) // (8 * 10**9)
        if limiter.get("mode") == "shape":
            return Shaper(rate, size, quantity(limiter.get("queue", "50ms")))
        return TokenBucket(rate, size)

    def hops(self, end, direction):
        """The links between customer and gateway, in the order of the way."""
        link = self.circuit["links"][end]
        server = delay.FifoServer(quantity(link["rate"]), quantity(link.get("queue", "10ms")))
        circuit = delay.Hop(f"{self.name}/{end}", server, quantity(link["delay"]), self.bucket(),
                            len(self.tags), self.direct and direction == "to_azure")
        # 100 Gbps, 500 us, 10 ms: what docs/config.md says of a backbone that is not described.
        backbone = delay.Hop(f"{link['msee']}/{self.gateway}", delay.FifoServer(10**11, 10**7),
                             500_000, None, 1)
        return [circuit, backbone] if direction == "to_azure" else [backbone, circuit]

    def packets_judge(self, run):
        near = 0 if self.direct else 1  # a router at the customer's end
        hops = {d: near + 2 for d in DIRECTIONS}
        tagged = CIRCUIT_ENDS if self.direct else ()
        return packets.Judge(run, hops, {"to_azure": near, "to_onprem": 2},
                             {self.name: [self.tags]},
                             {self.customer_port(end): [self.tags] for end in tagged})

    def inputs(self):
        """[(port, path of the capture)]"""
        folder = self.path.rsplit("/", 1)[0]
        return [(r["port"], f"{folder}/{r['file']}") for r in self.data.get("replay", [])]


def judge_delays(scenario, run):
    """(findings, packets judged, the longest wait in a queue) over both links and directions. A
    packet that no link carried belongs to the primary."""
    found, judged, longest = [], 0, 0
    for end in CIRCUIT_ENDS:
        for direction in DIRECTIONS:
            ports = (scenario.customer_port(end), scenario.cloud)
            come, go = ports if direction == "to_azure" else ports[::-1]
            hops, only = scenario.hops(end, direction), None
            if end == "secondary":
                only = {p.packetid for p in run.on_link(hops[0].link, direction)}
            more, counts = delay.judge_path(run, direction, come, hops, go, only=only,
                                            prefixes=destinations(scenario, direction))
            found += more
            judged += counts[0]["departed"]
            longest = max([longest] + [c["longest_wait_ns"] for c in counts])
    return found, judged, longest


def destinations(scenario, direction):
    if direction == "to_azure":
        (vnet,) = scenario.data["vnets"].values()
        return [ipaddress.ip_network(p) for p in vnet["prefixes"]]
    (ce,) = scenario.data["onprem"].values()
    return [ipaddress.ip_network(a["prefix"]) for a in ce["announce"]]


def identity(packet):
    """What of a packet no router changes."""
    frame = frames.of(packet)
    if frame is None or not frame.version:
        return packet.data[-40:]
    return frame.fixed, frame.payload


def complaints(paths, scratch_file):
    """([identity] of every packet that tshark finds malformed or with a wrong checksum, packets
    read). The files are joined, so that one run of it reads all."""
    read = [p for path in paths for p in pcapng.read(path).packets]
    subprocess.run(["mergecap", "-a", "-w", scratch_file, *paths], check=True, capture_output=True)
    done = subprocess.run(TSHARK + ["-r", scratch_file], check=True, capture_output=True, text=True)
    return [identity(read[int(number) - 1]) for number in done.stdout.split()], len(read)


def new_complaints(outputs, inputs, scratch):
    """(findings, packets read)"""
    before, _ = complaints(sorted(set(inputs)), scratch + ".in")
    after, count = complaints(outputs, scratch + ".out")
    fresh = Counter(after)
    for key in set(before):
        fresh.pop(key, None)
    return [f"tshark complains {n} times about {key!r:.200}" for key, n in fresh.items()], count


def judge_run(directory, scenario):
    """Findings of conservation and of every packet's way."""
    run = Run(directory)
    judge = scenario.packets_judge(run)
    found = conservation.judge(run) + judge.judge()
    if judge.forwarded == 0:
        found.append("no packet was forwarded")
    return run, found
