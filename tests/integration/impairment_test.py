#!/usr/bin/env python3
"""What impairments do to 10^6 packets each, judged from captures alone: impairment_test.py ERBIUM

A probe of 200,000 packets a second crosses one link; where it left, each packet still has its
number and the time at which it entered in its payload. Shares, lengths of bursts and delays must
lie within the 99.9 % bounds of the distributions they are drawn from (normal approximation of
counts, Kolmogorov-Smirnov for delays), and what is exact must be exact.
"""

import concurrent.futures
import math
import os
import shutil
import struct
import sys

from harness import Scratch, Tap, program, run

import pcapng

JUDGED = 10**6  # packets of each model; those behind them may be on their way when the run ends
PPS = 200_000
Z = 3.2905  # 99.9 %, both sides
CLEAN_JUDGED = 1000

SCENARIO = """erbium: 1
name: impaired
seed: 11
ports: {{ branch: {{}}, cloud: {{}} }}
circuits:
  er:
    model: provider
    bandwidth: 10Gbps
    rate_limit: false
    links: {{ primary: {{ msee: msee-a, queue: {queue} }}, secondary: {{ msee: msee-b }} }}
    peerings:
      private:
        vlan: 100
        peer_asn: 65001
        ipv4: {{ primary: 192.0.2.0/30, secondary: 192.0.2.4/30 }}
gateways: {{ gw: {{ sku: ErGw3AZ, vnet: hub, circuits: [{{ id: er }}] }} }}
vnets:
  hub:
    prefixes: [10.0.0.0/16]
    subnets: {{ GatewaySubnet: {{ prefix: 10.0.255.0/27 }}, app: {{ prefix: 10.0.1.0/24 }} }}
    port: cloud
onprem:
  ce:
    asn: 65001
    port: branch
    announce: [{{ prefix: 192.168.0.0/16 }}]
    local_preference: {{ er/primary: 200 }}
impairments:
  bad: {profile}
apply:
  - {{ profile: bad, circuit: er, link: primary, dir: to_azure }}
probes:
  - {{ name: p, from: 192.168.1.10, to: 10.0.1.4, pps: {pps}, size: {size} }}
time: {{ start: "1970-01-01T00:00:00Z", duration: {duration} }}
control: {{ routes: static }}
outputs: {{ pcapng: {{ ports: {ports}, links: {links}, ends: both }} }}
"""

MILLION = {  # name: profile
    "random": "{ loss: { model: random, p: 1% }, duplicate: 0.5%, "
              "delay: { jitter: 30us, dist: uniform, order: free } }",
    "bursts": "{ loss: { model: gilbert_elliott, mean: 2%, burst: 5 }, "
              "delay: { jitter: 20us, dist: normal, order: free } }",
    "nth": "{ loss: { model: every_nth, n: 100 }, "
           "delay: { jitter: 4us, dist: pareto, order: free } }",
    "reorder": "{ reorder: { p: 3%, hold: 48us } }",
}
SMALL = {  # name: (profile, packets a second, size, queue)
    "clean": ("{ delay: { base: 1ms } }", PPS, 64, "10ms"),
    "ordered": ("{ delay: { jitter: 20us, dist: normal }, corrupt: 5% }", PPS, 64, "10ms"),
    "trace": ("{ trace: ./recorded.trace }", 20_000, 1500, "30ms"),
}
TRACE = [1, 1, 1, 2, 5, 5, 9, 12, 12, 12, 12, 20]



def left(path):
    """[(time it took in ns, sequence)] of the probes in a port's file, in the order in which they
    left. Every packet has the same length, so the file is read in strides."""
    with open(path, "rb") as file:
        data = file.read()
    at = 0
    while data[at:at + 4] != struct.pack("<I", pcapng.ENHANCED):
        at += struct.unpack_from("<I", data, at + 4)[0]
    size = struct.unpack_from("<I", data, at + 4)[0]
    view = memoryview(data)[at:at + (len(data) - at) // size * size]
    blocks = struct.iter_unpack(f"<II4xII{size - 24}xI", view)
    # 28 bytes of the block's head; Ethernet, IPv4, UDP, "ErSt" and the probe's id; what is wanted.
    payloads = struct.iter_unpack(f">{28 + 14 + 20 + 8 + 8}xQQ{size - 94}x", view)
    found = []
    for (kind, head, high, low, tail), (sequence, entered) in zip(blocks, payloads):
        if kind != pcapng.ENHANCED:
            break  # statistics, at the end
        if head != size or tail != size:
            raise ValueError(f"{path}: a packet of another length, {head}")
        found.append(((high << 32 | low) - entered, sequence))
    return found


def scenario(scratch, name, profile, pps, size, queue, duration, links):
    text = SCENARIO.format(profile=profile, pps=pps, size=size, queue=queue, duration=duration,
                           ports="[]" if links else "[cloud]",
                           links="[er/primary]" if links else "[]")
    return scratch.file(name + ".yaml", text)


def run_one(scratch, name, path):
    out = scratch.new_run() + name
    done = run([program(), "run", path, "--out", out], timeout=300)
    return name, out, done


def within(tap, found, trials, share, name):
    """The count of independent events."""
    spread = Z * math.sqrt(trials * share * (1 - share))
    tap.ok(abs(found - trials * share) <= spread,
           f"{name}: {found} of {trials}, expected {trials * share:.0f} +- {spread:.0f}")


def distance(delays, below):
    """Kolmogorov-Smirnov's, of delays in ns from the distribution `below`."""
    delays.sort()
    n, most = len(delays), 0.0
    for i, delay in enumerate(delays):
        share = below(delay)
        most = max(most, share - i / n, (i + 1) / n - share)
    return most


def follows(tap, delays, below, name):
    found, bound = distance(delays, below), 1.9495 / math.sqrt(len(delays))
    tap.ok(found <= bound, f"{name}: {len(delays)} delays, distance {found:.5f} of at most "
           f"{bound:.5f}")


def uniform(size):
    return lambda x: min(1.0, max(0.0, (x + size) / (2 * size)))


def normal(size):
    cut = math.erf(4 / math.sqrt(2))
    return lambda x: (math.erf(x / size / math.sqrt(2)) / cut + 1) / 2


def pareto(size):
    """Shape 3 from 0, cut off at 30 times the mean, which is `size`."""
    scale, tail = 2.022686333091319, 0.000252006844223442
    return lambda x: (1 - (1 + max(0.0, x) / size / scale) ** -3) / (1 - tail)


def judged(found):
    """Delays by sequence, in the order of arrival, of the packets that count."""
    table = {}
    for delay, sequence in found:
        if sequence < JUDGED:
            table.setdefault(sequence, []).append(delay)
    return table


def random_loss(tap, found, clean):
    table = judged(found)
    within(tap, JUDGED - len(table), JUDGED, 0.01, "random loss")
    copied = sum(len(delays) == 2 for delays in table.values())
    within(tap, copied, len(table), 0.005, "duplication")
    tap.ok(all(len(delays) <= 2 for delays in table.values()), "no packet comes three times")
    delays = [delay - clean for both in table.values() for delay in both]
    follows(tap, delays, uniform(30_000), "uniform jitter")
    tap.ok(-30_000 <= delays[0] and delays[-1] <= 30_000, "uniform jitter keeps its bounds")


def gilbert_elliott(tap, found, clean):
    mean, better = 0.02, 1 / 5
    worse = better * mean / (1 - mean)
    table = judged(found)
    lengths, length = [], 0
    for sequence in range(JUDGED):
        if sequence not in table:
            length += 1
        elif length:
            lengths.append(length)
            length = 0
    lost = JUDGED - len(table)
    # A packet is lost like the one before it more often than not: the variance of the count grows.
    together = 1 - worse - better
    spread = Z * math.sqrt(JUDGED * mean * (1 - mean) * (1 + together) / (1 - together))
    tap.ok(abs(lost - JUDGED * mean) <= spread,
           f"Gilbert-Elliott loss: {lost}, expected {JUDGED * mean:.0f} +- {spread:.0f}")
    average = sum(lengths) / len(lengths)
    spread = Z * math.sqrt((1 - better) / len(lengths)) / better
    tap.ok(abs(average - 1 / better) <= spread,
           f"bursts are {average:.3f} long, expected {1 / better:.3f} +- {spread:.3f}")
    for n in (1, 2, 5, 10):
        within(tap, sum(x == n for x in lengths), len(lengths), better * (1 - better) ** (n - 1),
               f"bursts of {n}")
    within(tap, len(lengths), len(table), worse, "bursts begin")
    delays = [delay - clean for each in table.values() for delay in each]
    follows(tap, delays, normal(20_000), "normal jitter")
    tap.ok(-80_000 <= delays[0] and delays[-1] <= 80_000, "normal jitter keeps its bounds")


def every_nth(tap, found, clean):
    table = judged(found)
    lost = [n for n in range(JUDGED) if n not in table]
    # ARP may have gone first, so the first that is lost is one of the first hundred.
    tap.ok(lost == list(range(lost[0], JUDGED, 100)) and lost[0] < 100,
           f"every 100th is lost, from packet {lost[0]} on", lost[:5])
    delays = [delay - clean for each in table.values() for delay in each]
    follows(tap, delays, pareto(4_000), "Pareto jitter")
    tap.ok(0 <= delays[0] and delays[-1] <= 120_000, "Pareto jitter keeps its bounds")


def reordering(tap, found, clean):
    table = judged(found)
    tap.same(len(table), JUDGED, "reordering loses nothing")
    held = sum(delay != clean for each in table.values() for delay in each)
    within(tap, held, JUDGED, 0.03, "held back")
    tap.ok({d - clean for each in table.values() for d in each} == {0, 48_000},
           "those that are held back are 48 us late, the others in time")
    # RFC 4737 section 3.3: behind one with a greater number. With 48 us at 5 us a packet nine pass,
    # and a packet is not overtaken when all nine are held back as well.
    reordered, greatest = 0, -1
    for _, sequence in found:
        reordered += sequence < greatest and sequence < JUDGED
        greatest = max(greatest, sequence)
    tap.same(reordered, held, "all of them are overtaken")


def ordered(tap, out, _):
    """Departures and arrivals of the link itself."""
    capture = pcapng.read(os.path.join(out, "links", "er.primary.pcapng"))
    sent = {p.packetid: p for p in capture.packets if p.direction == "out" and p.iface == 0}
    came = [p for p in capture.packets if p.direction == "out" and p.iface == 1]
    times, arrived = [p.ts_ns for p in came], [p.packetid for p in came]
    tap.ok(times == sorted(times) and arrived == list(sent)[:len(arrived)],
           "order: keep keeps the order that packets departed in")
    delays = [p.ts_ns - sent[p.packetid].ts_ns for p in came]
    tap.ok(min(delays) >= 920_000 and len(set(delays)) > 1000,
           "no packet is faster than the delay less four times the jitter", min(delays))
    flipped = [bin(int.from_bytes(p.data, "big") ^
                   int.from_bytes(sent[p.packetid].data, "big")).count("1") for p in came]
    tap.ok(set(flipped) == {0, 1}, "corruption flips one bit", sorted(set(flipped)))
    within(tap, sum(flipped), len(came), 0.05, "corruption")


def trace(tap, out, _):
    """While packets wait, every opportunity carries one of 1,500 bytes."""
    capture = pcapng.read(os.path.join(out, "links", "er.primary.pcapng"))
    times = [p.ts_ns for p in capture.packets if p.iface == 0 and len(p.data) > 1000]
    expected = [(n // len(TRACE) * TRACE[-1] + TRACE[n % len(TRACE)]) * 10**6
                for n in range(len(times) + 100)]
    begin = expected.index(times[0])
    tap.ok(times == expected[begin:begin + len(times)] and len(times) > 1000,
           f"{len(times)} departures are the opportunities of the trace, one after the other",
           times[:6], expected[begin:begin + 6])


def main():
    tap = Tap()
    judges = {"random": random_loss, "bursts": gilbert_elliott, "nth": every_nth,
              "reorder": reordering, "ordered": ordered, "trace": trace}
    with Scratch() as scratch, concurrent.futures.ThreadPoolExecutor(1) as pool:
        scratch.file("recorded.trace", "".join(f"{ms}\n" for ms in TRACE))
        jobs = {name: scenario(scratch, name, profile, pps, size, queue,
                               "2s" if name == "trace" else "100ms", name != "clean")
                for name, (profile, pps, size, queue) in SMALL.items()}
        jobs |= {name: scenario(scratch, name, profile, PPS, 64, "10ms",
                                f"{JUDGED // PPS * 1000 + 20}ms", False)
                 for name, profile in MILLION.items()}
        clean = None
        for name, out, done in pool.map(lambda job: run_one(scratch, *job), jobs.items()):
            if not tap.ok(done.returncode == 0, f"{name} runs", done.stderr):
                continue
            found = left(os.path.join(out, "ports", "cloud.pcapng")) \
                if name not in ("ordered", "trace") else out
            if name == "clean":
                clean = found[0][0]
                tap.ok(len(found) > CLEAN_JUDGED and {d for d, _ in found} == {clean},
                       f"without impairment every packet takes {clean} ns")
            else:
                judges[name](tap, found, clean)
            shutil.rmtree(out)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
