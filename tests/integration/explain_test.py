#!/usr/bin/env python3
"""erbium explain, drops.pcapng and erbium diff: explain_test.py ERBIUM

What is told of a packet against the captures of the run, read by code of our own and by tshark;
what is written of dropped packets against the counters; what differs between two runs against what
their captures say.
"""

import collections
import html
import ipaddress
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time

from harness import CONFIGS, ROOT, Scratch, Tap, environment, files_of, program, run

import frames
import make_load
import pcapng
from run import Run

DONE, DIFFERENT, USAGE, NOT_FOUND, INVALID = 0, 1, 2, 3, 4
PAIR = os.path.join(CONFIGS, "primary-secondary.yaml")
BGP = os.path.join(CONFIGS, "failover-bfd.yaml")
OVERLOAD = os.path.join(CONFIGS, "overload-1gbps.yaml")
FAILING = os.path.join(CONFIGS, "failing-link.yaml")
LANS = [ipaddress.ip_network(p) for p in ("192.168.1.0/24", "10.0.1.0/24")]


def erbium(*words, code=DONE, **more):
    done = run([program(), *words], **more)
    if done.returncode != code:
        raise AssertionError(f"erbium {' '.join(map(str, words))}: exit {done.returncode}, not "
                             f"{code}: {done.stderr}")
    return done


def explained(directory, *words):
    """The packets that `-o json` tells of, and the text, which fits 80 columns."""
    text = erbium("explain", directory, *words).stdout
    wide = [line for line in text.split("\n") if len(line) > 80]
    if wide:
        raise AssertionError(f"wider than 80 columns: {wide[0]}")
    return json.loads(erbium("explain", directory, *words, "-o", "json").stdout)["packets"]


def steps(packet, stage):
    return [s for hop in packet["hops"] for s in hop["steps"] if s["stage"] == stage]


def counters(directory):
    with open(os.path.join(directory, "counters.json"), encoding="utf-8") as file:
        return json.load(file)


def scenario(scratch, name, path, *changes, pcapng_options="comments: drops"):
    """A copy of a scenario with lines changed and comments asked for."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = text.replace("../pcaps/", os.path.join(ROOT, "pcaps") + "/")
    for old, new in changes:
        if old not in text:
            raise AssertionError(f"{path} has no {old}")
        text = text.replace(old, new)
    if pcapng_options:
        text = re.sub(r"^outputs: \{ dir: ([^,}]*).*$",
                      rf"outputs: {{ dir: \1, report: [html], pcapng: "
                      rf"{{ {pcapng_options} }} }}", text,
                      flags=re.MULTILINE)
    return scratch.file(name + ".yaml", text)


# ---- forwarded ----

def judge_forwarded(out, number):
    """What is wrong with what is told of a packet that came through."""
    packet, result = explained(out, "--packet", number)[0], Run(out)
    records = {name: capture.by_id().get(number, [])
               for files in (result.ports(), result.links()) for name, capture in files.items()}
    start = result.start_ns() - result.replay_start_ns()
    wrong = []
    links = [hop for hop in packet["hops"] if hop["kind"] == "link"]
    routers = [hop for hop in packet["hops"] if hop["kind"] == "router"]
    found = sorted((p.ts_ns, name) for name in result.links() for p in records[name])
    told = [(hop["steps"][0]["values"]["departure_ns"] + start, hop["name"]) for hop in links]
    if told != found:
        wrong.append(f"departures {told}, in the captures {found}")
    left = [(p.ts_ns, name) for name in result.ports() for p in records[name]
            if p.direction == "out"]
    end = packet["ends"][0]
    if end["fate"] != "left" or [(end["at_ns"] + start, end["where"])] != [
            (at, "port " + name) for at, name in left]:
        wrong.append(f"{end}, in the captures {left}")
    for hop, router in zip(links, routers):
        ttl = steps({"hops": [router]}, "ip_forward")[0]["values"]
        tags = steps({"hops": [router]}, "rewrite")[0]["values"]
        frame = frames.of(records[hop["name"]][0])
        vlans = [vid for _, vid in frame.tags]
        if (ttl["ttl_after"], ttl["ttl_before"] - 1) != (frame.ttl, frame.ttl):
            wrong.append(f"{router['name']}: TTL {ttl}, on {hop['name']} {frame.ttl}")
        if [t for t in (tags["outer_vid"], tags["inner_vid"]) if t] != vlans:
            wrong.append(f"{router['name']}: tags {tags}, on {hop['name']} {vlans}")
        offered = router["at_ns"]
        travel = hop["steps"][0]["values"]
        parts = (travel["queue_ns"] + travel["serialisation_ns"] + travel["propagation_ns"])
        if offered + parts != travel["arrival_ns"]:
            wrong.append(f"{hop['name']}: {offered} + {parts} is not {travel['arrival_ns']}")
    return wrong


def test_forwarded(tap, scratch):
    out = scratch.new_run()
    erbium("run", PAIR, "--out", out)
    for number in (1, 57, 300):
        wrong = judge_forwarded(out, number)
        tap.ok(not wrong, f"packet {number}: hops, times, TTLs and tags are those of the captures",
               *wrong)
    by_filter = explained(out, "--filter", "icmp and host 10.0.1.4", "--first", "3")
    tshark = subprocess.run(
        ["tshark", "-r", os.path.join(out, "ports", "branch.pcapng"), "-Y",
         "icmp && ip.addr == 10.0.1.4 && frame.p2p_dir == 1", "-T", "fields", "-e",
         "frame.packet_id"], capture_output=True, text=True, check=True,
        env=environment()).stdout.split()
    both = sorted(int(n) for n in tshark)
    tap.ok(len(by_filter) == 3 and {p["packet"] for p in by_filter} & set(both),
           "--filter finds what tshark finds", by_filter[:1], both[:3])
    texts = {erbium("explain", out, "--packet", 57, "--burst", burst, "--lookahead-divisor",
                    divisor).stdout for burst, divisor in ((32, 1), (1, 1), (7, 4))}
    tap.same(len(texts), 1, "burst and lookahead do not show")


def test_routes(tap, scratch):
    out = scratch.new_run()
    erbium("run", BGP, "--out", out)
    packet = explained(out, "--filter", "udp and src host 192.168.1.10")[0]
    lookups = [s["values"] for s in steps(packet, "fib_lookup")]
    routes = json.loads(erbium("show", "routes", out, "--at", "0s", "--node", "ce", "-o",
                               "json").stdout)["tables"][0]["rows"]
    network = [r for r in routes if r["network"] == lookups[0]["prefix"]]
    best = next(r for r in network if r["best"])
    tap.ok(lookups[0]["source"] == "bgp" and best["neighbor"] in lookups[0]["paths"][0] and
           best["path"] in lookups[0]["paths"][0],
           "the route is the one that show bgp has as best", lookups[0], best)
    losers = [r for r in network if not r["best"] and not r["multipath"]]
    tap.ok(len(lookups[0]["paths_not_used"]) == len(losers) > 0 and all(
        "local preference" in text for text in lookups[0]["paths_not_used"]),
           "why the other path is not used is told", lookups[0], losers)
    session = explained(out, "--filter", "tcp port 179")[0]
    tap.ok(session["ends"][0]["fate"] == "punted" and steps(session, "host_input"),
           "a packet of a session is followed from router to router", session["ends"])


# ---- dropped ----

def judge_dropped(out, reason):
    """The first packet dropped for `reason`, as explain and drops.pcapng have it."""
    packet = explained(out, "--dropped", reason)[0]
    end = packet["ends"][0]
    capture = pcapng.read(os.path.join(out, "drops.pcapng"))
    found = next(p for p in capture.packets if p.comments[0].startswith(reason + ":"))
    start = next(p.ts_ns for c in Run(out).ports().values() for p in c.packets
                 if p.packetid == packet["packet"] and p.direction == "in") - packet["at_ns"]
    where = f"{reason}: {end['where']}" + (f", stage {end['stage']}" if "stage" in end else "")
    last = packet["hops"][-1]["steps"][-1]
    wrong = []
    if (end["fate"], end["reason"], last["verdict"]) != ("dropped", reason, "drop"):
        wrong.append(f"{end}, {last}")
    if (packet["packet"], end["at_ns"] + start, where) != (found.packetid, found.ts_ns,
                                                           found.comments[0]):
        wrong.append(f"{packet['packet']} {end}, in drops.pcapng {found.packetid} {found.ts_ns} "
                     f"{found.comments}")
    return wrong, packet


def named_drops(tree):
    """{comment: packets} of counters.json."""
    out = collections.Counter()
    for name, node in tree["nodes"].items():
        for reason, count in node["out"]["dropped"].items():
            out[reason, "router " + name] += count
    for name, ways in tree["links"].items():
        for way, link in ways.items():
            for reason, count in link["out"]["dropped"].items():
                out[reason, f"link {name} {way}"] += count
    for name, port in tree["ports"].items():
        for reason, count in port["out"]["dropped"].items():
            out[reason, "port " + name] += count
    return out


def judge_drops(out):
    """What is wrong with drops.pcapng, by the counters and by tshark."""
    path = os.path.join(out, "drops.pcapng")
    done = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "frame.comment", "-e",
                           "frame.packet_id", "-e", "frame.interface_name"],
                          capture_output=True, text=True, check=True, env=environment())
    found, wrong = collections.Counter(), []
    for line in done.stdout.splitlines():
        comment, number, interface = line.split("\t")
        reason, _, place = comment.partition(": ")
        found[reason, place.partition(",")[0]] += 1
        if place.partition(",")[0] != interface or not number:
            wrong.append(line)
    wanted = named_drops(counters(out))
    if found != wanted:
        wrong.append(f"in the file {dict(found)}, counted {dict(wanted)}")
    return wrong, sum(wanted.values())


def judge_report(out, corrupts):
    """What is wrong with the report's drops, by drops.pcapng, the counters and explain. It names
    packets as they were when they were dropped, explain as they entered: without a flipped bit."""
    with open(os.path.join(out, "failover.json"), encoding="utf-8") as file:
        told = json.load(file)["drops"]
    with open(os.path.join(out, "report.html"), encoding="utf-8") as file:
        page = html.unescape(file.read())
    first, count = {}, collections.Counter()
    for packet in pcapng.read(os.path.join(out, "drops.pcapng")).packets:
        reason, _, place = packet.comments[0].partition(": ")
        first.setdefault((reason, place), []).append(packet.packetid)
    wrong, ways = [], []
    for place in sorted(told, key=lambda place: -place["packets"]):  # as the table has them
        where = place["where"] + (f", stage {place['stage']}" if "stage" in place else "")
        count[place["reason"], place["where"]] += place["packets"]
        ids = [packet["packet"] for packet in place["first"]]
        if ids != first[place["reason"], where][:3]:
            wrong.append(f"{where}: first {ids}, not {first[place['reason'], where][:3]}")
        for packet in place["first"]:
            said = erbium("explain", out, "--packet", packet["packet"]).stdout
            ways.append(page.find("<pre>" + said.split("\n\n", 1)[1] + "</pre>"))
            if ways[-1] < 0:
                wrong.append(f"the way of {packet['packet']} is not in the report")
            text = " ".join(said.split())
            number = packet["packet"]
            name = packet["name"]
            name += "" if name == f"packet {number}" else f" (packet {number})"
            lines = (f"{name}: " + ("" if corrupts else packet["flow"]),
                     f"dropped: {place['reason']} at {where}")
            if any(line not in text or line not in page for line in lines):
                wrong.append(f"{lines} are not what explain says: {text[:300]}")
            if f'erbium explain <span class="dir">.</span> --packet {number}<' not in page:
                wrong.append(f"no command for packet {number}")
    if ways != sorted(ways):
        wrong.append(f"ways do not stand in the order of the drops: {ways}")
    if count != named_drops(counters(out)):
        wrong.append(f"in the report {dict(count)}, counted {dict(named_drops(counters(out)))}")
    return wrong


def test_dropped(tap, scratch):
    cases = {
        "policer": scenario(scratch, "policer", OVERLOAD),
        "queue_full": scenario(scratch, "queue", OVERLOAD, ("rate: 10Gbps, delay: 1.2ms",
                                                            "rate: 200Mbps, delay: 1.2ms, "
                                                            "queue: 100us")),
        "link_down": scenario(scratch, "down", FAILING),
        "mtu": scenario(scratch, "mtu", os.path.join(CONFIGS, "mtu.yaml")),
        "impair_loss": scenario(scratch, "lossy", os.path.join(CONFIGS, "lossy-link.yaml")),
        "no_neighbor": scenario(scratch, "silent", PAIR, ("cloud: {} ",
                                                          "cloud: { neighbors: resolve } ")),
    }
    for reason, path in cases.items():
        out = scratch.new_run()
        erbium("run", path, "--out", out, "--explain")
        wrong, packet = judge_dropped(out, reason)
        tap.ok(not wrong, f"{reason}: explain and drops.pcapng agree on who, when and where",
               *wrong)
        tap.same(judge_report(out, reason == "impair_loss"), [], f"{reason}: the report has the "
                 "first drops of every place, and says all that explain does")
        wrong, count = judge_drops(out)
        tap.ok(not wrong and count > 0, f"{reason}: drops.pcapng has all {count} drops, to tshark "
               "too", *wrong)
        if reason == "policer":
            judge_bucket(tap, packet)
        if reason == "impair_loss":
            judge_draws(tap, out, count)
        if reason == "no_neighbor":
            held = steps(packet, "rewrite")
            tap.same([s["verdict"] for s in held[-2:]], ["held", "drop"],
                     "a packet that waits in vain is held and dropped")


def test_second_run(tap, scratch):
    """What goes wrong while the ways are found out leaves results and report as they are."""
    without = "erbium: the report is without the ways of dropped packets: "

    def whole(out):
        with open(os.path.join(out, "report.html"), encoding="utf-8") as file:
            page = file.read()
        return page.endswith("</html>\n") and 'class="way"' not in page and \
            not [f for f in files_of(out) if f.endswith(".partial")]

    out = scratch.new_run()
    with open(os.path.join(ROOT, "pcaps", "branch-to-hub.pcap"), "rb") as file:
        done = erbium("replay", "-", "--config", FAILING, "--port", "branch", "--explain", "--out",
                      out, stdin=file)
    tap.ok(done.stderr.startswith(without) and "PACKETS" in done.stdout and whole(out),
           "an input that can be read only once: a line on stderr", done.stderr)

    out = scratch.new_run()
    late = scenario(scratch, "late", os.path.join(CONFIGS, "overload-primary.yaml"),
                    ("pps: 123500, size: 1500", "pps: 30000"), ("duration: 1s", "duration: 60s"),
                    ("time:", "timeline: [{ at: 59s, do: link_down, target: er-sjc/primary }]\n"
                     "time:"),
                    ('lost_packets: ">= 40000"', 'lost_packets: ">= 0"'),
                    ('throughput: ">= 995Mbps"', 'throughput: ">= 1Mbps"'))
    with subprocess.Popen([program(), "run", late, "--explain", "--out", out], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=environment()) as running:
        report = os.path.join(out, "report.html")
        while running.poll() is None and not os.path.exists(report):
            time.sleep(0.002)
        running.send_signal(signal.SIGINT)
        text, error = running.communicate(timeout=60)
    tap.ok(running.returncode == DONE and error == without + "interrupted\n" and
           "PACKETS" in text and whole(out), "interrupted: a line on stderr", running.returncode,
           error, text)


def judge_bucket(tap, packet):
    values = steps(packet, "limiter")[-1]["values"]
    tap.ok(values["level_before_bits"] < values["cost_bits"] and
           values["level_after_bits"] == values["level_before_bits"],
           "a bucket that is too low is why, and stays as it is", values)


def judge_draws(tap, out, count):
    """Of packets that were lost, and of as many that went the same way and were not."""
    lost = explained(out, "--dropped", "impair_loss", "--first", count)
    others = explained(out, "--filter", "udp and src net 192.168.0.0/16", "--first", 500)
    draws = {p["packet"]: steps(p, "carry")[-1]["values"] for p in lost}
    came = [v for p in others if p["ends"][0]["fate"] == "left"
            for v in (s["values"] for s in steps(p, "carry")) if "loss_draw_ppb" in v]
    tap.ok(all(v["loss_draw_ppb"] < v["loss_below_ppb"] for v in draws.values()) and len(came) > 100
           and not any(v["loss_draw_ppb"] < v["loss_below_ppb"] for v in came),
           f"the draws of {len(draws)} lost packets and of {len(came)} others say which they are",
           len(draws), len(came))


def test_captures(tap, scratch):
    limited = scenario(scratch, "limited", OVERLOAD,
                       pcapng_options="comments: drops, drop_limit: 10")
    plain, off = (scenario(scratch, name, OVERLOAD, pcapng_options=options)
                  for name, options in (("plain", ""), ("off", "comments: off")))
    everything = scenario(scratch, "all", OVERLOAD, pcapng_options="comments: all, ends: both")
    outs = {path: scratch.new_run() for path in (limited, plain, off, everything)}
    for path, out in outs.items():
        erbium("run", path, "--out", out)
    drops = pcapng.read(os.path.join(outs[limited], "drops.pcapng"))
    counted = counters(outs[limited])["nodes"]["ce"]["out"]["dropped"]["policer"]
    tap.same((len(drops.packets), sum(s.dropped for s in drops.statistics)), (10, counted),
             "drop_limit keeps the first, the statistics count all")
    ports = {name: digest for name, digest in files_of(outs[limited]).items()
             if name.startswith(("ports", "links"))}
    without = {name: digest for name, digest in files_of(outs[plain]).items()
               if name.startswith(("ports", "links"))}
    tap.same(ports, without, "the other captures are what they are without comments")
    tap.ok(not os.path.exists(os.path.join(outs[off], "drops.pcapng")),
           "without comments there is no drops.pcapng")
    comments = {name: {c for p in pcapng.packets(os.path.join(outs[everything], name))
                       for c in p.comments}
                for name in ("ports/cloud.pcapng", "links/er-sjc.primary.pcapng")}
    tap.same(comments, {"ports/cloud.pcapng": {"leaves by cloud"},
                        "links/er-sjc.primary.pcapng": {
                            f"{what} on er-sjc/primary {way}" for what in ("departs", "arrives")
                            for way in ("to_azure", "to_onprem")}},
             "comments: all says what packets do there")
    two = scratch.new_run()
    erbium("run", everything, "--out", two, "--processes")
    tap.same({n: d for n, d in files_of(two).items() if n.endswith(".pcapng")},
             {n: d for n, d in files_of(outs[everything]).items() if n.endswith(".pcapng")},
             "two processes write the same")


# ---- held ----

def arp_reply(ip, mac, target_ip, target_mac):
    def octets(text):
        return ipaddress.ip_address(text).packed
    source, to = (bytes.fromhex(m.replace(":", "")) for m in (mac, target_mac))
    return (to + source + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + source +
            octets(ip) + to + octets(target_ip)).ljust(60, b"\0")


def write_pcap(path, records):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1))
        for ns, data in records:
            file.write(struct.pack("<IIII", ns // 10**9, ns % 10**9, len(data), len(data)) + data)


def test_held(tap, scratch):
    first = next(iter(pcapng.packets(os.path.join(ROOT, "pcaps", "branch-to-hub.pcap"))))
    to = str(frames.of(first).destination)
    reply = scratch.file("reply.pcap")
    write_pcap(reply, [(first.ts_ns + 20_000_000,
                        arp_reply(to, "02:00:5e:00:00:09", "10.0.1.1", "02:00:00:00:00:01"))])
    silent = scratch.file("one.pcap")
    write_pcap(silent, [(first.ts_ns, first.data)])
    path = scenario(
        scratch, "held", PAIR, ("cloud: {} ", "cloud: { neighbors: resolve } "),
        (os.path.join(ROOT, "pcaps/branch-to-hub.pcap"), silent),
        (os.path.join(ROOT, "pcaps/hub-to-branch.pcap"), reply))
    out = scratch.new_run()
    erbium("run", path, "--out", out)
    packet = explained(out, "--packet", 1)[0]
    verdicts = [(s["verdict"]) for s in steps(packet, "rewrite")]
    tap.same(verdicts[-3:], ["held", "released", "next"],
             "a packet that waits for an address is held, released and goes on")
    held = steps(packet, "rewrite")[-2]["values"]["held_ns"]
    sent = Run(out).sent("cloud")
    last = [p for p in sent if p.packetid == 1]
    arrived = [h["at_ns"] for h in packet["hops"] if h["kind"] == "router"][-1]
    tap.ok(len(last) == 1 and packet["ends"][0]["fate"] == "left" and
           arrived + held == packet["ends"][0]["at_ns"],
           "it leaves when the answer takes effect", packet["ends"], held)


# ---- answered ----

def with_ttl(frame, ttl):
    """The frame of an IPv4 packet without tags, with its checksum."""
    ip = bytearray(frame[14:34])
    ip[8], ip[10:12] = ttl, b"\0\0"
    total = sum(struct.unpack("!10H", ip))
    total = (total & 0xffff) + (total >> 16)
    ip[10:12] = struct.pack("!H", 0xffff & ~(total + (total >> 16)))
    return frame[:14] + bytes(ip) + frame[34:]


def test_answered(tap, scratch):
    source = next(p for p in pcapng.packets(os.path.join(ROOT, "pcaps", "branch-to-hub.pcap"))
                  if frames.of(p).version == 4)
    for hops, router in ((1, "ce"), (3, "ergw-hub")):
        capture = scratch.file(f"ttl{hops}.pcap")
        write_pcap(capture, [(source.ts_ns, with_ttl(source.data, hops))])
        out = scratch.new_run()
        erbium("replay", capture, "--config", PAIR, "--out", out)
        packet = explained(out, "--packet", 1)[0]
        last = packet["hops"][-1]["steps"][-1]
        answers = last.get("answered_with", [])
        tap.ok((packet["ends"][0]["reason"], packet["ends"][0]["where"]) ==
               ("ttl", "router " + router) and [a["cause"] for a in answers] == ["icmp"],
               f"a TTL of {hops} ends at {router} and is answered", packet["ends"], last)
        answer = explained(out, "--packet", answers[0]["packet"])[0]
        left = [p for p in Run(out).sent("branch") if p.packetid == answer["packet"]]
        tap.ok(answer["ends"][0]["where"] == "port branch" and len(left) == 1 and
               answer["at_ns"] == answers[0]["at_ns"],
               "the ICMP error can be followed in turn, and is in the capture", answer["ends"])


def test_fragments(tap, scratch):
    source = next(p for p in pcapng.packets(os.path.join(ROOT, "pcaps", "overload-1gbps.pcap"))
                  if len(p.data) > 1300)
    clear = source.data[:20] + b"\0\0" + source.data[22:]
    capture = scratch.file("long.pcap")
    write_pcap(capture, [(source.ts_ns, with_ttl(clear, 64))])
    path = scenario(scratch, "narrow", OVERLOAD, ("rate: 10Gbps, delay: 1.2ms",
                                                  "rate: 10Gbps, delay: 1.2ms, mtu: 600"))
    out = scratch.new_run()
    erbium("replay", capture, "--config", path, "--out", out)
    packet = explained(out, "--packet", 1)[0]
    sent = [p for p in Run(out).sent("cloud") if p.packetid == 1]
    tap.ok(len(packet["ends"]) == len(sent) == 3 and steps(packet, "fragment") and
           sorted(e["at_ns"] for e in packet["ends"]) == [
               p.ts_ns - sent[0].ts_ns + packet["ends"][0]["at_ns"] for p in sent],
           "the fragments of a packet are told of each by itself", packet["ends"], len(sent))


# ---- diff ----

def changed(first, second):
    """{packet id: set of what changed}, of two runs' captures."""
    tables = []
    for out in (first, second):
        result = Run(out)
        entered = {p.packetid: p.ts_ns for name in result.ports() for p in result.received(name)}
        left = {p.packetid: (name, p.ts_ns) for name in result.ports()
                for p in result.sent(name)}
        links = collections.defaultdict(list)
        for name, capture in result.links().items():
            for p in capture.packets:
                links[p.packetid].append((p.ts_ns, name, p.direction))
        lost = {p.packetid: (p.comments[0], p.ts_ns)
                for p in pcapng.packets(os.path.join(out, "drops.pcapng"))}
        table = {}
        for number, at in entered.items():
            place, end = left.get(number) or lost[number]
            table[number] = (place, [l[1:] for l in sorted(links[number])], end - at)
        tables.append((table, left))
    (a, left_a), (b, left_b) = tables
    out = collections.defaultdict(set)
    for number, before in a.items():
        for what, x, y in zip(("verdict", "path", "delay"), before, b[number]):
            if x != y:
                out[number].add(what)
    for port in {name for name, _ in left_a.values()}:
        both = sorted((at, n) for n, (name, at) in left_a.items()
                      if name == port and left_b.get(n, ("",))[0] == port)
        order = [(left_b[n][1], n) for _, n in both]
        for i, mine in enumerate(order):
            if any(later < mine for later in order[i + 1:]):
                out[mine[1]].add("order")
    return out


def told_changes(found):
    return {p["packet"]: set(p["changed"]) for g in found["groups"] for p in g["packets"]}


def test_diff(tap, scratch):
    load = scratch.file("load.pcap")
    packets = make_load.load(900_000_000, 3_000_000, [1400], 16, *LANS)
    make_load.write(load, 1_600_000_000 * 10**9, packets)
    fast = scenario(scratch, "fast", OVERLOAD, ("rate: 10Gbps, delay: 1.2ms",
                                                "rate: 1Gbps, delay: 1.2ms"))
    slow = scenario(scratch, "slow", OVERLOAD, ("rate: 10Gbps, delay: 1.2ms",
                                                "rate: 500Mbps, delay: 1.2ms"),
                    ("bandwidth: 1Gbps", "bandwidth: 500Mbps"))
    same = erbium("diff", fast, fast, "--pcap", load)
    tap.ok(" 0 differ" in same.stdout, "a scenario does not differ from itself", same.stdout)
    outs = [scratch.new_run() for _ in range(2)]
    for path, out in zip((fast, slow), outs):
        erbium("replay", load, "--config", path, "--out", out)
    found = json.loads(erbium("diff", fast, slow, "--pcap", load, "-o", "json",
                              code=DIFFERENT).stdout)
    wanted = changed(*outs)
    told = told_changes(found)
    tap.ok(told == wanted and len(told) > 50,
           f"1 Gbps against 500 Mbps: the {len(wanted)} packets that the captures show",
           f"{len(told)} told", sorted(set(map(str, told.items())) ^ set(map(str,
                                                                         wanted.items())))[:4])
    kinds = {g["changed"] for g in found["groups"]}
    tap.ok({"verdict", "delay"} <= kinds and found["differ"] == len(told),
           "they are grouped by what changed", kinds)
    text = erbium("diff", *outs, code=DIFFERENT).stdout
    tap.ok(f"{len(wanted)} differ" in text and "policer: router ce" in text,
           "directories of runs are compared likewise", text)
    tap.ok(all(len(line) <= 80 for line in text.split("\n")[2:]), "differences fit 80 columns",
           text)
    failing = scenario(scratch, "failing", FAILING)
    whole = scenario(scratch, "whole", FAILING, ("  - { at: 1045ms, do: link_down, "
                                                 "target: er-sjc/primary, for: 100ms }\n", ""),
                     ("timeline:\n", ""))
    outs = [scratch.new_run() for _ in range(2)]
    for path, out in zip((failing, whole), outs):
        erbium("run", path, "--out", out)
    found = json.loads(erbium("diff", failing, whole, "-o", "json", code=DIFFERENT).stdout)
    told, wanted = told_changes(found), changed(*outs)
    tap.ok(told == wanted and any("path" in w for w in told.values()),
           f"with and without a failure: {len(wanted)} packets", len(told), len(wanted))


# ---- refused at the port ----

def test_super_frames(tap, scratch):
    path = os.path.join(ROOT, "tests", "data", "captures", "super.pcap")
    out = scratch.new_run()
    erbium("replay", path, "--config", scenario(scratch, "super", PAIR), "--out", out)
    packets = explained(out, "--dropped", "gso_super_frame", "--first", "9")
    source = dict(enumerate((p.data for p in pcapng.packets(path)), 1))
    written = {p.packetid: p.data for p in
               pcapng.read(os.path.join(out, "drops.pcapng")).packets}
    numbers = [p["packet"] for p in packets]
    tap.ok(len(numbers) == 3 and all(written[n][12:] == source[n][12:] for n in numbers),
           "drops.pcapng has the bytes of super-frames", numbers)
    tap.ok(all(p["flow"].startswith("tcp ") and "had not cut" in p["hops"][0]["steps"][0]["text"]
               for p in packets), "and explain their flow", packets)
    by_filter = explained(out, "--filter", "tcp and greater 1600", "--first", "9")
    tap.ok([p["packet"] for p in by_filter] == numbers, "a filter finds them", by_filter)


def test_refused(tap, scratch):
    out = scratch.new_run()
    erbium("run", PAIR, "--out", out)
    for words, code, text in (
            (["explain", out], USAGE, "which packets"),
            (["explain", out, "--packet", "0"], USAGE, "a number from 1"),
            (["explain", out, "--packet", "99999"], NOT_FOUND, "no packet 99999"),
            (["explain", out, "--packet", "1", "--first", "2"], USAGE, "--first does not go"),
            (["explain", out, "--filter", "hots 10.0.1.4"], USAGE, "syntax error"),
            (["explain", out, "--filter", "host 9.9.9.9"], NOT_FOUND, "matches"),
            (["explain", out, "--dropped=polcier"], USAGE, "policer"),
            (["explain", out, "--dropped", "policer"], NOT_FOUND, "dropped no packet for policer"),
            (["explain", scratch.path, "--packet", "1"], NOT_FOUND, "no run in"),
            (["diff", PAIR], USAGE, "two scenarios"),
            (["diff", PAIR, OVERLOAD], USAGE, "--pcap"),
            (["diff", PAIR, scratch.file("none.yaml")], NOT_FOUND, "no scenario file"),
            (["diff", PAIR, PAIR, "--port", "x"], USAGE, "--pcap")):
        done = run([program(), *words])
        lines = done.stderr.strip().split("\n")
        tap.ok(done.returncode == code and text in done.stderr and len(lines) == 1,
               f"{' '.join(words[:1] + words[2:])}: exit {code}", done.returncode, done.stderr)


def main():
    tap = Tap()
    with Scratch() as scratch:
        test_forwarded(tap, scratch)
        test_routes(tap, scratch)
        test_dropped(tap, scratch)
        test_second_run(tap, scratch)
        test_captures(tap, scratch)
        test_held(tap, scratch)
        test_answered(tap, scratch)
        test_fragments(tap, scratch)
        test_diff(tap, scratch)
        test_super_frames(tap, scratch)
        test_refused(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
