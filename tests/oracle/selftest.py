"""Tests the oracles themselves, TAP on stdout: each must accept a small run worked out by hand and
refuse every change that breaks what it judges. An oracle that accepts anything fails here."""

import copy
import sys
import tempfile
from fractions import Fraction
from ipaddress import ip_network

import addresses
import bucket
import conservation
import delay
import failover
import frames
import make_load
import packets
import pcapng
from run import Run
from tiny_run import EPOCH, TinyRun, ipv4, ipv6

TAGS = (1001, 100)
PRIMARY, SECONDARY = "er-x/primary", "er-x/secondary"
results = []


def test(name, passed, detail=""):
    results.append(bool(passed))
    print(f"{'ok' if passed else 'not ok'} {len(results)} - {name}")
    if not passed and detail:
        print(f"# {detail}")


def saved(tiny, judge):
    """What `judge` says of the run once it stands on disk."""
    if tiny.summary is None:
        tiny.account()
    with tempfile.TemporaryDirectory() as directory:
        tiny.save(directory)
        return judge(Run(directory))


def accepts(name, tiny, judge):
    found = saved(tiny, judge)
    test(f"{name}: accepts the right run", found == [], str(found))


def refuses(name, tiny, judge, change, because):
    """`change` breaks a copy of the run; the oracle must find something and say `because`."""
    broken = copy.deepcopy(tiny)
    change(broken)
    found = saved(broken, judge)
    test(f"{name}: refuses {change.__name__.replace('_', ' ')}",
         found and any(because in line for line in found), str(found))


def replace(records, index, **fields):
    names = ("time", "id", "direction", "frame")
    records[index] = tuple(fields.get(n, v) for n, v in zip(names, records[index]))


def one_hop():
    """Three frames that are 1,000 bytes of L1 each on a link with two tags, at 3 Gbit/s: 8,000 bits
    take 2,666 2/3 ns. They come at 0, 100 and 9,000; the link's delay is 50,000 ns."""
    tiny = TinyRun(["onprem", "cloud"], [PRIMARY, SECONDARY])
    for packetid, come, depart in ((1, 0, 2667), (2, 100, 5334), (3, 9000, 11667)):
        make = ipv6 if packetid == 2 else ipv4
        tiny.ports["onprem"].append((come, packetid, "in", make(968)))
        tiny.links[PRIMARY].append((depart, packetid, "out", make(968, 63, TAGS)))
        tiny.ports["cloud"].append((depart + 50_000, packetid, "out", make(968, 61)))
    return tiny


def test_conservation():
    tiny = one_hop()
    tiny.ports["onprem"].append((9500, 4, "in", ipv4(968)))
    tiny.account(dropped=1)
    judge = conservation.judge

    def a_packet_lost(run): run.summary["packets"]["tx"] -= 1
    def a_reason_lost(run): run.summary["drops"] = {}
    def a_node_that_loses_one(run): run.counters["nodes"]["ce"]["out"]["tx"] -= 1
    def a_key_outside_the_equation(run): run.counters["nodes"]["ce"]["out"]["lost"] = 0
    def a_link_without_ledger(run): del run.counters["links"][PRIMARY]["to_azure"]
    def drops_that_no_node_made(run): run.counters["nodes"]["ce"] = {"in": {}, "out": {}}
    def a_packet_missing_in_a_capture(run): del run.links[PRIMARY][1]
    def a_byte_miscounted(run): run.summary["ports"]["cloud"]["tx"]["bytes"] += 1
    def a_wrong_direction(run): replace(run.links[PRIMARY], 0, direction="in")
    def a_missing_file(run): del run.ports["cloud"]

    accepts("conservation", tiny, judge)
    for change, because in ((a_packet_lost, "came in"), (a_reason_lost, "by cause"),
                            (a_node_that_loses_one, "nodes/ce"),
                            (a_key_outside_the_equation, "no place"),
                            (a_link_without_ledger, "ledgers under links"),
                            (drops_that_no_node_made, "drops of all ledgers"),
                            (a_packet_missing_in_a_capture, "capture has 2"),
                            (a_byte_miscounted, "cloud tx"), (a_wrong_direction, "capture has"),
                            (a_missing_file, "not in both")):
        refuses("conservation", tiny, judge, change, because)


def test_packets():
    tiny = one_hop()
    judge = lambda run: packets.Judge(run, {"to_azure": 3}, {"to_azure": 1},
                                      {"er-x": [list(TAGS)]}).judge()
    out, link = tiny.ports["cloud"], tiny.links[PRIMARY]
    checksum = bytearray(out[0][3])
    checksum[24] ^= 1

    def a_hop_too_few(run): replace(run.ports["cloud"], 0, frame=ipv4(968, 62))
    def a_hop_limit_untouched(run): replace(run.links[PRIMARY], 1, frame=ipv6(968, 64, TAGS))
    def a_bad_checksum(run): replace(run.ports["cloud"], 0, frame=bytes(checksum))
    def a_changed_payload(run): replace(run.ports["cloud"], 0, frame=ipv4(968, 61, payload=0x56))
    def a_changed_source(run): replace(run.ports["cloud"], 0, frame=ipv4(968, 61, source=11))
    def a_cut_payload(run): replace(run.ports["cloud"], 0, frame=out[0][3][:-1])
    def a_wrong_tag(run): replace(run.links[PRIMARY], 0, frame=ipv4(968, 63, (1001, 101)))
    def swapped_tags(run): replace(run.links[PRIMARY], 0, frame=ipv4(968, 63, TAGS[::-1]))
    def a_missing_tag(run): replace(run.links[PRIMARY], 0, frame=ipv4(968, 63, TAGS[:1]))
    def a_provider_ethertype(run): replace(run.links[PRIMARY], 0, frame=ipv4(968, 63, TAGS, 0x88A8))
    def a_tag_at_the_port(run): replace(run.ports["cloud"], 0, frame=ipv4(968, 61, (100,)))
    def ids_that_changed(run): run.ports["cloud"][:2] = [out[0][:1] + (2,) + out[0][2:],
                                                         out[1][:1] + (1,) + out[1][2:]]
    def a_file_out_of_order(run): run.links[PRIMARY].reverse()
    def ties_out_of_order(run):
        run.links[PRIMARY][:2] = [(5334,) + link[1][1:], (5334,) + link[0][1:]]
    def a_packet_on_two_links(run): run.links[SECONDARY].append(link[0])
    def a_packet_that_left_twice(run): run.ports["cloud"].insert(1, out[0])
    def time_that_runs_backwards(run): replace(run.ports["cloud"], 0, time=2666)

    accepts("packets", tiny, judge)
    for change, because in ((a_hop_too_few, "TTL"), (a_hop_limit_untouched, "TTL"),
                            (a_bad_checksum, "checksum"), (a_changed_payload, "above"),
                            (a_changed_source, "header changed"), (a_cut_payload, "above"),
                            (a_wrong_tag, "tags"), (swapped_tags, "tags"), (a_missing_tag, "tags"),
                            (a_provider_ethertype, "EtherTypes"), (a_tag_at_the_port, "tags"),
                            (ids_that_changed, "changed"), (a_file_out_of_order, "stands after"),
                            (ties_out_of_order, "stands after"),
                            (a_packet_on_two_links, "also on"),
                            (a_packet_that_left_twice, "twice"),
                            (time_that_runs_backwards, "before")):
        refuses("packets", tiny, judge, change, because)


def test_bucket():
    # 1 Gbit/s is one bit a ns; depth 2,000 bytes. Full at 0: the first two of 1,000 bytes pass, the
    # third finds nothing; 8,000 ns later there are 1,000 bytes again; 1 ns less is one bit too few.
    def passes(times):
        meter = bucket.TokenBucket(10**9, 2000)
        return [meter.take(t, 1000) for t in times]
    test("bucket: two frames fit, a third does not", passes([0, 0, 0]) == [True, True, False])
    test("bucket: refilled to the bit", passes([0, 0, 8000]) == [True] * 3)
    test("bucket: one ns early is dropped", passes([0, 0, 7999]) == [True, True, False])
    test("bucket: a drop takes no token", passes([0, 0, 7999, 8000]) == [True, True, False, True])
    test("bucket: never fuller than its depth",
         passes([0, 10**9, 10**9, 10**9]) == [True, True, True, False])
    frame = frames.parse(ipv4(1000, tags=(5,)) + b"pad")
    test("bucket: counts l2 with other tags and without padding, l1, l3",
         [bucket.metered_bytes(frame, c, 8) for c in ("l2", "l1", "l3")] == [1008, 1032, 986])
    expired = pcapng.Packet(1, 0, 0, 1000, 1000, ipv4(1000, ttl=1))
    test("bucket: what is not forwarded is not metered",
         bucket.simulate([expired], bucket.TokenBucket(1, 1)) == [])
    test("bucket: a share off by more than the tolerance is refused",
         bucket.compare(1000, 300, 302, Fraction(1, 1000))
         and not bucket.compare(1000, 300, 301, Fraction(1, 1000)))


def test_shaper():
    """8 Gbit/s, two frames of 1,000 bytes deep, at most 2,000 ns late."""
    def released(times):
        shaper = bucket.Shaper(8 * 10**9, 2000, 2000)
        return [shaper.release(t, 1000) for t in times]
    test("shaper: what conforms is not delayed", released([0, 0, 5000]) == [0, 0, 5000])
    test("shaper: what does not waits for its tokens",
         released([0, 0, 0, 1500]) == [0, 0, 1000, 2000])
    test("shaper: too late is dropped and takes none",
         released([0, 0, 0, 0, 0, 1000]) == [0, 0, 1000, 2000, None, 3000])
    test("shaper: rounded up", bucket.Shaper(3, 1, 10**10).release(0, 1) == 0
         and [s.release(0, 1) for s in [bucket.Shaper(3, 1, 10**10)] * 2] == [0, 2666666667])


def test_delay():
    tiny = one_hop()

    def judge(run, rate=3 * 10**9, queue=10**6, meter=None, wait=50_000):
        return delay.judge(run, PRIMARY, "to_azure", "onprem", delay.FifoServer(rate, queue), wait,
                           meter, "cloud")[0]

    def a_departure_one_ns_late(run): replace(run.links[PRIMARY], 1, time=5335)
    def a_departure_rounded_down(run): replace(run.links[PRIMARY], 0, time=2666)
    def an_arrival_one_ns_early(run): replace(run.ports["cloud"], 2, time=61_666)
    def a_packet_lost_on_the_link(run): del run.links[PRIMARY][2]
    def a_packet_lost_behind_it(run): del run.ports["cloud"][2]
    def a_longer_frame(run): replace(run.links[PRIMARY], 2, frame=ipv4(969, 63, TAGS))

    accepts("delay", tiny, judge)
    for change, because in ((a_departure_one_ns_late, "5334"),
                            (a_departure_rounded_down, "2667"),
                            (an_arrival_one_ns_early, "61667"),
                            (a_packet_lost_on_the_link, "not on the link"),
                            (a_packet_lost_behind_it, "does not"),
                            (a_longer_frame, "bytes on the link")):
        refuses("delay", tiny, judge, change, because)
    # The second frame waits 2,566 2/3 ns for its first bit.
    test("delay: a wait up to the limit is no drop",
         saved(tiny, lambda r: judge(r, queue=2567)) == [])
    test("delay: a wait beyond the limit is one", saved(tiny, lambda r: judge(r, queue=2566)))
    test("delay: another rate is refused", saved(tiny, lambda r: judge(r, rate=3 * 10**9 + 10**6)))
    test("delay: another delay is refused", saved(tiny, lambda r: judge(r, wait=50_001)))
    full = bucket.TokenBucket(1, 3 * 976)
    test("delay: a bucket that holds all three", saved(tiny, lambda r: judge(r, meter=full)) == [])
    short = bucket.TokenBucket(1, 3 * 976 - 1)
    test("delay: a bucket one byte short must have dropped the third",
         "policed" in str(saved(tiny, lambda r: judge(r, meter=short))))
    # An originated frame (id not received) between the first two: 976 bytes from 2,000 on.
    tiny.links[PRIMARY].insert(1, (5334, 1 << 48, "out", ipv4(968, 63, TAGS)))
    replace(tiny.ports["onprem"], 1, time=3000)
    replace(tiny.links[PRIMARY], 2, time=8000)
    replace(tiny.ports["cloud"], 1, time=58_000)
    test("delay: originated frames occupy the server", saved(tiny, judge) == [])


def failing_link():
    """1 Gbit/s, frames of 1,000 bytes L1 (8,000 ns), link down at 100,000, up at 400,000, routing
    reacts 50,000 later. Each row: id, time at the link, place, departure."""
    rows = [(1, 0, "primary", 8_000), (2, 95_000, "lost", 0), (3, 100_000, "lost", 0),
            (4, 149_999, "lost", 0), (5, 150_000, "secondary", 158_000),
            (6, 449_999, "secondary", 457_999), (7, 450_000, "primary", 458_000),
            (8, 91_999, "primary", 99_999)]
    tiny = TinyRun(["onprem", "cloud"], [PRIMARY, SECONDARY])
    for packetid, come, place, depart in sorted(rows, key=lambda row: row[1]):
        tiny.ports["onprem"].append((come, packetid, "in", ipv4(968)))
        if place == "lost":
            continue
        tiny.links[f"er-x/{place}"].append((depart, packetid, "out", ipv4(968, 63, TAGS)))
        tiny.ports["cloud"].append((depart + 50_000, packetid, "out", ipv4(968, 61)))
    return tiny


def test_failover():
    tiny = failing_link()

    def judge(run, react=50_000, home="primary"):
        return failover.judge(run, "er-x", "to_azure", "onprem", "cloud",
                              failover.Outage(100_000, 400_000, react),
                              lambda: delay.FifoServer(10**9, 10**6), home)[0]

    def move(run, packetid, to):
        found = [r for name in (PRIMARY, SECONDARY) for r in run.links[name] if r[1] == packetid]
        for name in (PRIMARY, SECONDARY):
            run.links[name] = [r for r in run.links[name] if r[1] != packetid]
        run.links[to] += found

    def a_packet_back_too_early(run): move(run, 6, PRIMARY)
    def a_packet_back_too_late(run): move(run, 7, SECONDARY)
    def a_packet_moved_too_late(run): move(run, 5, PRIMARY)
    def a_survivor_of_the_gap(run):
        run.links[SECONDARY].insert(0, (157_999, 4, "out", ipv4(968, 63, TAGS)))
        run.ports["cloud"].append((207_999, 4, "out", ipv4(968, 61)))
    def a_survivor_of_the_queue(run):
        run.links[PRIMARY].insert(2, (107_999, 2, "out", ipv4(968, 63, TAGS)))
        run.ports["cloud"].append((157_999, 2, "out", ipv4(968, 61)))
    def a_loss_on_the_secondary(run): move(run, 5, SECONDARY), run.links[SECONDARY].clear()
    def a_packet_lost_behind_its_link(run): del run.ports["cloud"][0]
    def a_packet_on_both_links(run): run.links[SECONDARY].insert(0, run.links[PRIMARY][0])

    accepts("failover", tiny, judge)
    for change, because in ((a_packet_back_too_early, "id 6"), (a_packet_back_too_late, "id 7"),
                            (a_packet_moved_too_late, "id 5"), (a_survivor_of_the_gap, "id 4"),
                            (a_survivor_of_the_queue, "id 2"), (a_loss_on_the_secondary, "id 5"),
                            (a_packet_lost_behind_its_link, "id 1"),
                            (a_packet_on_both_links, "both links")):
        refuses("failover", tiny, judge, change, because)
    test("failover: another reaction time is refused",
         saved(tiny, lambda r: judge(r, react=49_999)))
    learned = failing_link()
    for packetid, come in ((20, 1), (21, 120_000), (22, 480_000)):  # a flow of the secondary
        sent, left = ipv4(968, 63, TAGS, sport=9), ipv4(968, 61, sport=9)
        learned.ports["onprem"].append((come, packetid, "in", ipv4(968, sport=9)))
        learned.links[SECONDARY].append((come + 8000, packetid, "out", sent))
        learned.ports["cloud"].append((come + 58_000, packetid, "out", left))
    learned.ports["onprem"].sort()
    test("failover: flows of the secondary are left alone",
         saved(learned, lambda r: judge(r, home="learn")) == [])
    move(learned, 21, PRIMARY)
    test("failover: a flow of the secondary must not move",
         saved(learned, lambda r: judge(r, home="learn")))


def test_load():
    v4 = (ip_network("192.168.1.0/24"), ip_network("10.0.1.0/24"))
    v6 = (ip_network("fd00:1::/64"), ip_network("fd10::/64"))
    for family, pair in (("IPv4", v4), ("IPv6", v6)):
        made = list(make_load.load(10**9, 100_000, [1400], 8, *pair, tags=TAGS))
        # 1,408 bytes take 11,264 ns: packets at 0 .. 8 x 11,264 are before 100,000.
        test(f"load: {family} times", [t for t, _ in made] == [11_264 * n for n in range(9)])
        parsed = [frames.parse(f) for _, f in made]
        test(f"load: {family} sizes and tags", all(len(f) == 1408 for _, f in made)
             and all([v for _, v in p.tags] == list(TAGS) for p in parsed))
        sums = [frames.ones_sum(p.source.packed + p.destination.packed + bytes([0, 17])
                                + len(p.payload).to_bytes(2, "big") + p.payload) for p in parsed]
        test(f"load: {family} checksums", all(frames.routable(p) for p in parsed)
             and set(sums) == {0xFFFF})
        test(f"load: {family} flows", len({failover.flow_of(p) for p in parsed}) == 8)
    grouped = [t for t, _ in make_load.load(10**9, 100_000, [1400], 1, *v4, group=4)]
    test("load: a group shares its first time", grouped[:5] == [0, 0, 0, 0, 44_800])
    with tempfile.NamedTemporaryFile() as file:
        made = list(make_load.load(10**9, 50_000, [60, 590], 3, *v4))
        make_load.write(file.name, EPOCH, made)
        read = [(p.ts_ns - EPOCH, p.data) for p in pcapng.read(file.name).packets]
        test("load: the file holds what was made", read == made)


def test_addresses():
    sides = ([ip_network("192.168.1.0/24"), ip_network("fd00:1::/64")],
             [ip_network("10.0.1.0/24"), ip_network("fd10::/64")])
    made = [pcapng.Packet(n, 0, 0, len(f), len(f), f)
            for n, f in enumerate((ipv4(100), ipv6(100), ipv4(100, ttl=1), b"\xff" * 20))]
    test("addresses: crossing", addresses.crossing(made, *sides)
         == {"to_azure": 2, "to_onprem": 0, "neither": 2})
    test("addresses: the way back", addresses.crossing(made, *sides[::-1])["to_onprem"] == 2)
    test("addresses: tally", addresses.tally(made)[ip_network("192.168.1.0/24"),
                                                    ip_network("10.0.1.0/24")] == [64, 1])


def main():
    for suite in (test_conservation, test_packets, test_bucket, test_shaper, test_delay,
                  test_failover, test_load, test_addresses):
        suite()
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
