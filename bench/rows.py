"""The rows of the table: what is compared with what, and the goal. G1, G3, ... are the project's
performance goals; `stretch` is the figure in brackets."""

import dataclasses
import functools

import scenarios
import table_race
from contenders import shared


@dataclasses.dataclass
class Row:
    title: str
    ours: str
    peer: str = None
    unit: str = "ns/packet"
    goal: float = None
    stretch: float = None
    at_least: bool = False  # the ratio is speed, or the figure is to be high
    scale: float = 1.0


@dataclasses.dataclass
class Group:
    name: str
    contenders: dict
    rows: list
    once: bool = False
    prepare: object = lambda: None


def groups(bench):
    return [path(bench), live(bench), structure(bench), links(bench), fib(bench), control(bench),
            churn(bench), replay(bench), files(bench), memory(bench)]


def pipeline(bench, name, counter=None):
    return bench.counter("pipeline_bench", name, counter)


def path(bench):
    """In process, QinQ on the way in; testpmd's own share of net_pcap and net_null is about what
    the loop around the network does."""
    names = {
        "hop": "hop/flows:10000",
        "hop, limiter, link, 1,000 in flight": "hop_limiter_link/delay_us:100",
        "hop, limiter, link, 12,000 in flight": "hop_limiter_link/delay_us:1200",
        "three hops, 2,000 in flight": "three_hops/delay_us:100",
        "three hops, 24,000 in flight": "three_hops/delay_us:1200",
        "500k routes": "hop/routes:500k/flows:65536",
        "IPv6 hop": "hop/ipv6/flows:10000",
    }
    contenders = {"testpmd io": bench.testpmd()}
    contenders |= {key: pipeline(bench, name) for key, name in names.items()}
    goals = {"hop": (1.8, 1.5), "hop, limiter, link, 1,000 in flight": (2.5, 1.8),
             "hop, limiter, link, 12,000 in flight": (2.5, 1.8),
             "three hops, 2,000 in flight": (5, 3.5), "three hops, 24,000 in flight": (5, 3.5)}
    rows = [Row(f"G1 {key}", key, "testpmd io", goal=goal, stretch=stretch)
            for key, (goal, stretch) in goals.items()]
    rows += [Row("G3 500k random routes", "500k routes", "hop", goal=1.5, stretch=1.3),
             Row("IPv6 hop against IPv4", "IPv6 hop", "hop")]
    return Group("path", contenders, rows)


def live(bench):
    def scenario(hops):
        return lambda: scenarios.write(bench.work / f"live{hops}.yaml", hops, bench.flows([]))
    contenders = {"testpmd io": bench.testpmd(), "testpmd io loop": bench.testpmd("loop"),
                  "live hop": bench.live(scenario(1)), "live three hops": bench.live(scenario(3))}
    return Group("live", contenders, [
        Row("G1 live: routed hop, untagged", "live hop", "testpmd io loop", goal=1.8, stretch=1.5),
        Row("G1 live: three hops, limiter, 1.7 ms", "live three hops", "testpmd io", goal=5,
            stretch=3.5)])


def structure(bench):
    contenders = {name: pipeline(bench, benchmark) for name, benchmark in {
        "hop": "hop/flows:10000", "fused": "fused/flows:10000", "loop": "loop",
        "500k": "hop/routes:500k/flows:65536", "fused 500k": "fused/routes:500k/flows:65536",
        "burst 1": "hop/flows:10000/burst:1", "burst 4": "hop/flows:10000/burst:4"}.items()}
    for hop in ("ce", "msee", "gateway"):
        contenders[hop] = pipeline(bench, "each_hop", hop)
    rows = [Row("pipeline against fused loop", "hop", "fused"),
            Row("the same, 500k routes", "500k", "fused 500k"),
            Row("burst 4 against 32", "burst 4", "hop"),
            Row("burst 1 against 32", "burst 1", "hop"),
            Row("loop around the network alone", "loop", "hop")]
    rows += [Row(f"three hops: {hop} by itself", hop, unit="cycles")
             for hop in ("ce", "msee", "gateway")]
    return Group("structure", contenders, rows)


def links(bench):
    def link(name):
        return bench.counter("link_bench", name, "cycles")
    contenders = {"rte_sched": link("rte_sched"), "rte_meter 4,096": link("rte_meter/4096"),
                  "token bucket 4,096": link("token_bucket/4096"),
                  "rate server 4,096": link("rate_server/4096"),
                  "VLAN map 4,096": link("vlan_map/4096")}
    rows = []
    for circuits, flight in ((1, 4096), (256, 4096), (4096, 4096), (4096, 16384), (4096, 65536)):
        name = f"{circuits:,} circuits, {flight:,} in flight"
        contenders[name] = link(f"limiter_link_delay/circuits:{circuits}/in_flight:{flight}")
        goal = {"goal": 60, "stretch": 43} if circuits == 4096 else {}
        rows.append(Row(f"G6 limiter, link, delay: {name}", name, unit="cycles", **goal))
    rows += [Row("G6 against rte_sched, 4,096 pipes", "4,096 circuits, 4,096 in flight",
                 "rte_sched", unit="cycles", goal=0.2, stretch=0.1),
             Row("token bucket against rte_meter", "token bucket 4,096", "rte_meter 4,096",
                 unit="cycles"),
             Row("rate server", "rate server 4,096", unit="cycles"),
             Row("VLAN map", "VLAN map 4,096", unit="cycles")]
    return Group("links", contenders, rows)


def fib(bench):
    routes = 100_000 if bench.quick else 1_000_000

    def figure(name, counter=None, scale=1.0):
        return bench.counter("fib_bench", name, counter, scale)
    contenders = {
        "insert": figure(f"insert4/{routes}/1000"),
        "rte_fib insert": figure(f"dir24_8_insert/{routes}"),
        "peak": figure(f"insert4/{routes}/1000", "peak_MiB"),
        "small": figure("lookup4_vrfs/100/100", "KiB_per_vrf"),
        "many": figure("lookup4_vrfs/1000/4000", "KiB_per_vrf", 1000 / 1024),
        "lookup": figure("lookup4_bgp/500000", "cycles"),
        "rte_fib lookup": figure("dir24_8_lookup_bgp/500000", "cycles")}
    return Group("fib", contenders, [
        Row("G16 install, 1,000 routes a commit", "insert", unit="ns/route", goal=2000,
            stretch=1000),
        Row("G16 install against rte_fib DIR24-8", "insert", "rte_fib insert", unit="ns/route"),
        Row(f"G19 peak of {routes:,} BGP-like routes", "peak", unit="MiB",
            goal=None if bench.quick else 40),
        Row("G19 a VRF of 100 routes", "small", unit="KiB", goal=64),
        Row("G19 1,000 VRFs of 4,000 routes", "many", unit="MiB", goal=512),
        Row("lookup in 500k routes against DIR24-8", "lookup", "rte_fib lookup", unit="cycles")])


def control(bench):
    """Tables of a million prefixes; 500 sets of attributes, or one for each UPDATE of six."""
    contenders, rows = {}, []
    for sets, what in ((500, "500 sets"), (0, "a set an UPDATE")):
        inside = shared(bench.result("control_bench", f"full_table/sets:{sets}/.*"))
        race = shared(functools.partial(table_race.ours, bench, sets))
        bird = shared(functools.partial(table_race.bird, bench, sets))
        contenders |= {
            f"{what}: in process": inside("s"), f"{what}: control": inside("control_us"),
            f"{what}: RIB": inside("rib_bytes_route"), f"{what}: TCP": race("wall_s"),
            f"{what}: TCP, cpu": race("cpu_s"), f"BIRD, {what}": bird("wall_s"),
            f"BIRD cpu, {what}": bird("cpu_s"), f"BIRD RSS, {what}": bird("rib_bytes_route")}
        rows += [
            Row(f"G17 octets to forwarding, {what}", f"{what}: in process", unit="s", goal=2),
            Row(f"G17 control side, {what}", f"{what}: control", unit="us/route", goal=2),
            Row(f"G18 RIB, {what}", f"{what}: RIB", unit="B/route", goal=149),
            Row(f"G18 against BIRD, {what}", f"{what}: RIB", f"BIRD RSS, {what}", unit="B/route"),
            Row(f"G17 over TCP by the clock, {what}", f"{what}: TCP", unit="s", goal=2),
            Row(f"G17 against BIRD to its RIB, {what}", f"{what}: TCP", f"BIRD, {what}", unit="s"),
            Row(f"G17 processor time against BIRD's, {what}", f"{what}: TCP, cpu",
                f"BIRD cpu, {what}", unit="s")]
    few, many, alone = (
        shared(bench.result("control_bench", f"peer_gone/prefixes:{n}/backup:{backup}/.*"))
        for n, backup in ((10, 1), (1_000_000, 1), (1_000_000, 0)))
    run = bench.scenario_run(lambda: scenarios.failover(bench.work / "failover.yaml"))
    contenders |= {
        "10 prefixes": few("us"), "1 M prefixes": many("us"), "clean-up": many("clean_ns"),
        "withdrawal": alone("clean_ns"),
        "failover": run("wall_s"), "failover, cpu": run("cpu_s")}
    rows += [
        Row("G13 peer gone, 10 prefixes", "10 prefixes", unit="us", goal=1000),
        Row("G13 peer gone, 1 M prefixes", "1 M prefixes", unit="us", goal=1000),
        Row("G13 1 M prefixes against 10", "1 M prefixes", "10 prefixes", unit="us"),
        Row("G13 clean-up behind it", "clean-up", unit="ns/prefix", goal=1000),
        Row("the only peer gone: routes out of the FIB", "withdrawal", unit="ns/prefix", goal=1000),
        Row("60 s of failover, eight streams, by the clock", "failover", unit="s", goal=1),
        Row("the same, processor time", "failover, cpu", unit="s")]
    return Group("control", contenders, rows)


def churn(bench):
    """By itself, as it needs a processor of its own beside the forwarder's."""
    changes = bench.counter("control_bench", "forwarding_while_routes_change/.*", "lost_percent")
    return Group("churn", {"changes": changes}, [
        Row("rate lost to 100k route changes a second", "changes", unit="%", goal=2)])


def scenario(bench, name, hops, **outputs):
    return lambda: scenarios.write(bench.work / f"{name}.yaml", hops, **outputs)


def edits(bench):
    return ["--enet-dmac=02:00:00:00:00:01", "--enet-vlan=add", "--enet-vlan-tag=100",
            "--enet-vlan-pri=0", "--enet-vlan-cfi=0", "--ttl=-1"]


def tcpreplay_edit(bench):
    """To one end of a veth pair in a network namespace of its own."""
    tool = " ".join(["exec", "tcpreplay-edit", "--topspeed", "--mtu-trunc", "-i", "v0",
                     *edits(bench), str(bench.imix())])
    return ["unshare", "-n", "sh", "-c",
            "ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up && "
            + tool]


def replay(bench):
    contenders = {
        "libpcap loop": bench.program(lambda b: [b.build / "bench" / "pcap_loop", b.imix()]),
        "one hop": bench.replay(scenario(bench, "one", 1)),
        "three hops": bench.replay(scenario(bench, "three", 3)),
        "tcpreplay-edit": bench.program(tcpreplay_edit, program="tcpreplay-edit")}
    return Group("replay", contenders, [
        Row("G10 IMIX, one hop, speed of a read loop", "one hop", "libpcap loop", goal=0.5,
            at_least=True),
        Row("G10 IMIX, three hops", "three hops", "libpcap loop", goal=0.35, stretch=0.7,
            at_least=True),
        Row("G10 three hops, times tcpreplay-edit", "three hops", "tcpreplay-edit", goal=5,
            at_least=True)], prepare=bench.imix)


def files(bench):
    contenders = {
        "one output": bench.replay(scenario(bench, "out", 3, ports="[cloud]", links="[]"), True),
        "tcprewrite": bench.program(lambda b: ["tcprewrite", f"--infile={b.imix()}",
                                               f"--outfile={b.work}/rewritten.pcap", *edits(b)]),
        "every output, a byte": bench.replay(scenario(bench, "all", 3), True, per_byte=True),
        "editcap, a byte": bench.program(
            lambda b: ["editcap", b.imix(), b.work / "copied.pcapng"], "copied.pcapng")}
    return Group("files", contenders, [
        Row("G11 one output, times tcprewrite", "one output", "tcprewrite", goal=3, at_least=True),
        Row("G11 a byte written, every capture", "every output, a byte", "editcap, a byte",
            unit="ns/byte", goal=1, at_least=True)], prepare=bench.imix)


def memory(bench):
    sizes = (100_000, 1_000_000) if bench.quick else (1_000_000, 10_000_000)
    contenders = {f"{n:,}": bench.memory(scenario(bench, "three", 3), n) for n in sizes}
    return Group("memory", contenders, [
        Row(f"G12 RSS beyond pool and tables, {n} packets", n, unit="MiB", goal=64)
        for n in contenders], once=True)
