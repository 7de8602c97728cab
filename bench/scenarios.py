"""Scenarios and captures of the benchmarks, written when they are needed."""

import pathlib
import random
import struct

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROUTER_MAC = "02:ee:00:00:00:01"

TEMPLATE = """erbium: 1
name: bench
seed: 1
ports:
  branch: {{ {branch} }}
  cloud: {{ {cloud} }}
circuits:
  er:
    model: provider
    bandwidth: 10Gbps
    links:
      primary:   {{ msee: msee-a, rate: 100Gbps, delay: 1.2ms }}
      secondary: {{ msee: msee-b, rate: 100Gbps, delay: 1.3ms }}
    peerings:
      private:
        vlan: 100
        peer_asn: 65001
        ipv4: {{ primary: 172.16.0.0/30, secondary: 172.16.0.4/30 }}
gateways:
  gw: {{ vnet: hub, circuits: [{{ id: er }}] }}
vnets:
  hub:
    prefixes: [{hub}.0.0/16]
    subnets: {{ GatewaySubnet: {{ prefix: {hub}.255.0/27 }} }}
    port: cloud
onprem:
  ce: {{ asn: 65001, port: branch, announce: [{{ prefix: {branch_prefix} }}] }}
control: {{ routes: static }}
outputs: {{ dir: out, pcapng: {{ ports: {ports}, links: {links} }} }}
"""


def write(path, hops, live_pcap=None, ports="all", links="all"):
    """Packets go to 10.0.0.0/16. Three hops: CE, MSEE, gateway, with limiter and delays. One hop:
    the CE has the prefix on its own LAN, so that they leave by the port they came in by."""
    branch = cloud = ""
    if live_pcap:
        branch = (f'dev: "net_pcap0,rx_pcap={live_pcap},infinite_rx=1", mac: "{ROUTER_MAC}", '
                  "neighbors: emulated")
        cloud = 'dev: "net_null0,no-rx=1", neighbors: emulated'
    three = hops == 3
    path.write_text(TEMPLATE.format(
        branch=branch, cloud=cloud, hub="10.0" if three else "10.9",
        branch_prefix="192.168.0.0/16" if three else "10.0.0.0/16", ports=ports, links=links))
    return path


def failover(path):
    """configs/failover-bfd.yaml with four probes of 1,000 packets a second, both ways each."""
    text = (ROOT / "configs" / "failover-bfd.yaml").read_text()
    head, begin, rest = text.partition("probes:\n")
    one, _, tail = rest.partition("\n\n")
    if not begin or "branch-to-app" not in one:
        raise ValueError("configs/failover-bfd.yaml has no probe branch-to-app")
    more = [one] + [one.replace("branch-to-app", f"branch-{n}").replace(".10,", f".{10 + n},")
                    for n in (1, 2, 3)]
    path.write_text(head + begin + "\n".join(more) + "\n\n" + tail)
    return path


def checksum(header):
    total = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def write_flows(path, tags, flows=10_000):
    """10,000 UDP flows to 10.0.0.0/16 in frames of 60 bytes, to the router's MAC address."""
    draw = random.Random(7)
    mac = bytes.fromhex(ROUTER_MAC.replace(":", ""))
    head = mac + bytes.fromhex("02ee00000063")
    for tag in tags:
        head += struct.pack("!HH", 0x8100, tag)
    head += struct.pack("!H", 0x0800)
    length = 60 - len(head)
    with path.open("wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i in range(flows):
            ip = struct.pack("!BBHHHBBHII", 0x45, 0, length, i & 0xFFFF, 0, 64, 17, 0, 0xC0A80101,
                             0x0A000000 | draw.getrandbits(16))
            ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
            udp = struct.pack("!HHHH", 1024 + i, 5001, length - 20, 0)
            frame = (head + ip + udp).ljust(60, b"\0")
            out.write(struct.pack("<IIII", 1_700_000_000, i, 60, 60) + frame)
