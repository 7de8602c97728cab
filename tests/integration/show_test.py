#!/usr/bin/env python3
"""erbium show: the state of a run at any moment of it: show_test.py ERBIUM [--update]

Session states against the events of summary.json to the nanosecond, routes against the UPDATEs and
ARP tables against the ARP frames that tshark sees in the captures, JSON against a schema, tables
against tests/golden/show.txt (--update writes it), and what becomes of a run whose inputs change.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import zlib

import jsonschema

from harness import CONFIGS, ROOT, Scratch, Tap, environment, files_of, program, run

GOLDEN = os.path.join(ROOT, "tests", "golden", "show.txt")
FAILOVER = os.path.join(CONFIGS, "failover-bfd.yaml")
STATIC = os.path.join(CONFIGS, "primary-secondary.yaml")
DONE, USAGE, NOT_FOUND, INVALID = 0, 2, 3, 4
SECOND = 10**9
TABLES = (  # of configs/failover-bfd.yaml, in tests/golden/show.txt
    "bgp summary --at 12.3s",
    "routes --at 5s --circuit er-sjc --link primary --peering private",
    "routes --at 5s --node ce --prefix 10.0.1.4",
    "routes --node ergw-hub",
    "routes --at 12.3s --fib --node ce",
    "arp",
    "arp --node ce",
    "bfd --at 12.3s",
    "links --at 12.3s --circuit er-sjc",
    "drops",
    "circuits --at 10s",
)


def object_of(required, **more):
    return {"type": "object", "required": required.split(), "properties": more}


NUMBER, TEXT = {"type": "integer"}, {"type": "string"}


def schema(row, what):
    table = object_of(f"rows {what}", rows={"type": "array", "items": row})
    tables = {"type": "array", "items": table, "minItems": 1}
    return {**object_of("scenario at_ns tables replay_start_ns", scenario=TEXT, at_ns=NUMBER,
                        replay_start_ns=NUMBER, tables=tables), "additionalProperties": False}


SCHEMAS = {
    "bgp summary": schema(object_of("neighbor v as upDown statePfxRcd", v=NUMBER, upDown=TEXT,
                                    statePfxRcd=TEXT, **{"as": NUMBER}), "router family"),
    "routes": schema(object_of("network nextHop weight best", weight=NUMBER), "router"),
    "routes --fib": schema(object_of("prefix next_hop interface mac_address kind"), "router"),
    "arp": schema(object_of("age interface ipAddress macAddress", age=NUMBER,
                            interface={"enum": ["On-Prem", "Microsoft"]}),
                  "circuit link peering"),
    "nd": schema(object_of("age"), "circuit link peering"),
    "bfd": schema(object_of("peer state local_discriminator remote_discriminator diagnostic "
                            "transmit_interval_ns receive_interval_ns detection_time_ns "
                            "last_change_ns", detection_time_ns=NUMBER), "router"),
    "links": schema(object_of("link direction state packets bytes dropped", packets=NUMBER), ""),
    "drops": schema(object_of("where reason packets", packets=NUMBER), ""),
    "circuits": schema(object_of("name bandwidth_bps primary secondary", bandwidth_bps=NUMBER), ""),
}


def erbium(*words, **more):
    return run([program(), *words], **more)


def show(directory, words, at=None):
    """What `-o json` prints; `at` is scenario time in ns."""
    moment = [] if at is None else ["--at", f"@{at}ns"]
    done = erbium("show", *words.split(), directory, *moment, "-o", "json")
    if done.returncode:
        raise AssertionError(f"show {words}: exit {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def rows(found, **of):
    return [r for table in found["tables"] for r in table["rows"]
            if all(table[k] == v for k, v in of.items())]


def read_json(directory, name):
    with open(os.path.join(directory, name), encoding="utf-8") as file:
        return json.load(file)


# ---- sessions ----

def sessions(directory, what, at):
    """{name as in failover.json: row}"""
    found = show(directory, what, at)
    return {f"{r['session']} {table['router']}": r for table in found["tables"]
            for r in table["rows"]}


def state_at(states, at):
    """(state, since) of a session's history."""
    past = [s for s in states if s["at_ns"] <= at]
    return past[-1]["state"], past[-1]["at_ns"]


def lost_at(states, at):
    past = [s for s in states if s["at_ns"] <= at]
    left = [b["at_ns"] for a, b in zip(past, past[1:])
            if a["state"] == "Established" != b["state"]]
    return left[-1] if left else None


def judge_states(tap, out, at):
    """Every session's state and time of change at that moment, as its history has them."""
    wrong = []
    for kind, what in (("bgp", "bgp summary"), ("bfd", "bfd")):
        found = sessions(out, what, at)
        histories = {s["name"]: s["states"] for s in read_json(out, "failover.json")["sessions"]
                     if s["kind"] == kind}
        if set(found) != set(histories):
            wrong.append((what, sorted(found), sorted(histories)))
            continue
        for name, states in histories.items():
            state, since = state_at(states, at)
            if kind == "bgp" and state != "Established":
                since = lost_at(states, at)
            row = found[name]
            if (row["state"], row["last_change_ns"]) != (state, since):
                wrong.append((name, state, since, row))
    tap.ok(not wrong, f"sessions at {at} ns are as their histories say", *wrong)


def judge_events(tap, out, events, names):
    """A session has its new state at the moment of the event, and not a nanosecond before."""
    new = {"bfd_down": "Down", "bfd_up": "Up", "bgp_session_up": "Established"}
    moments = sorted({e["at_ns"] for e in events if e["what"] in (*new, "bgp_session_down")})
    for at in moments:
        found = {(kind, when): sessions(out, what, when) for when in (at - 1, at)
                 for kind, what in (("bgp", "bgp summary"), ("bfd", "bfd"))}
        wrong = []
        for event in events:
            if event["at_ns"] != at or event["what"].partition("_")[0] not in ("bgp", "bfd"):
                continue
            kind = event["what"][:3]
            (name,) = [n for n in names[kind] if (event["text"] + " ").startswith(n + " ")]
            before, after = (found[kind, when][name] for when in (at - 1, at))
            state = new.get(event["what"])
            good = after["state"] == state if state else after["state"] != "Established"
            changed = before["state"] != state if state else before["state"] == "Established"
            if not (good and changed and after["last_change_ns"] == at):
                wrong.append((event, before, after))
        tap.ok(not wrong, f"the events at {at} ns are then, and not before", *wrong)


# ---- routes ----

def tshark(path, wanted, *fields):
    words = [w for field in fields for w in ("-e", field)]
    done = subprocess.run(["tshark", "-n", "-r", path, "-Y", wanted, "-T", "fields",
                           "-E", "separator=;", *words], capture_output=True, text=True, check=True)
    return [line.split(";") for line in done.stdout.splitlines()]


def updates(link):
    """[(time, sender, {prefix: (next hop, AS path)})] of every UPDATE that announces."""
    fields = ("frame.time_epoch", "ip.src", "bgp.nlri_prefix", "bgp.prefix_length",
              "bgp.update.path_attribute.next_hop",
              "bgp.update.path_attribute.as_path_segment.as4")
    out = []
    for time, sender, prefix, length, hop, path in tshark(link, "bgp.nlri_prefix", *fields):
        seconds, _, fraction = time.partition(".")
        assert "," not in prefix + length, "one prefix an UPDATE in this scenario"
        out.append((int(seconds) * SECOND + int(fraction), sender,
                    {f"{prefix}/{length}": (hop, path.replace(",", " "))}))
    return out


def judge_routes(tap, out, start):
    link = os.path.join(out, "links", "er-sjc.primary.pcapng")
    seen = updates(link)
    for after, there in ((5, True), (20, False), (55, True)):
        at = start + after * SECOND
        found = show(out, "routes", at)
        for router, sender in (("ce", "192.0.2.2"), ("msee-a", "192.0.2.1")):
            wanted = {}
            for time, source, prefixes in seen:
                if source == sender and time < at:
                    wanted.update(prefixes)
            # The session is down then, and its routes are gone.
            wanted = wanted if there else {}
            told = {r["network"]: (r["nextHop"], r["path"]) for r in rows(found, router=router)
                    if r["neighbor"] == sender}
            tap.ok(told == wanted and bool(told) == there,
                   f"{router} at {after} s has from {sender} what its UPDATEs said", told, wanted)
    best = {r["network"]: r for r in rows(show(out, "routes", start + 5 * SECOND), router="ce")
            if r["best"]}
    other = {r["network"]: r for r in rows(show(out, "routes", start + 20 * SECOND), router="ce")
             if r["best"]}
    tap.same([(b["10.0.0.0/16"]["neighbor"], b["10.0.0.0/16"]["locPrf"]) for b in (best, other)],
             [("192.0.2.2", "200"), ("192.0.2.6", "100")],
             "the best route is by the primary, and by the secondary while it is gone")
    hops = {after: [r["next_hop"] for r in rows(show(out, "routes --fib", start + after * SECOND),
                                                router="ce") if r["prefix"] == "10.0.0.0/16"]
            for after in (5, 20, 55)}
    tap.same(hops, {5: ["192.0.2.2"], 20: ["192.0.2.6"], 55: ["192.0.2.2"]},
             "packets go the best way")


# ---- neighbours ----

def dotted(mac):
    digits = mac.replace(":", "")
    return ".".join(digits[i:i + 4] for i in (0, 4, 8))


def judge_arp(tap, out):
    """The MSEE knows the customer's router by its last ARP frame that arrived."""
    delay, reply_latency = {"primary": 1_200_000, "secondary": 1_300_000}, 500_000
    found = show(out, "arp")
    for link, latency in delay.items():
        path = os.path.join(out, "links", f"er-sjc.{link}.pcapng")
        frames = tshark(path, "arp", "frame.time_epoch", "arp.src.proto_ipv4", "arp.src.hw_mac")
        said = {}
        for time, ip, mac in frames:
            seconds, _, fraction = time.partition(".")
            said[ip] = (dotted(mac), int(seconds) * SECOND + int(fraction))
        onprem, microsoft = rows(found, link=link)
        heard = said[onprem["ipAddress"]][1] + latency + reply_latency
        age = found["at_ns"] - heard
        tap.same([onprem["macAddress"], microsoft["macAddress"]],
                 [said[onprem["ipAddress"]][0], said[microsoft["ipAddress"]][0]],
                 f"{link}: both MAC addresses are those of the ARP frames")
        tap.same((onprem["age_ns"], onprem["age"], microsoft["age"]),
                 (age, age // (60 * SECOND), 0), f"{link}: age since the last ARP frame arrived")
        tap.same((onprem["interface"], microsoft["interface"]), ("On-Prem", "Microsoft"),
                 f"{link}: both rows of a healthy link")
    ce = {r["ipAddress"]: r["macAddress"] for r in rows(show(out, "arp --node ce"))}
    azure = {r["ipAddress"]: r["macAddress"] for r in rows(found) if r["interface"] == "Microsoft"}
    tap.same(ce, azure, "the customer's router has the MSEEs' addresses")


def nobody_answers(tap, scratch):
    """Shape C of the table: a customer's port where nothing is connected."""
    with open(os.path.join(CONFIGS, "direct-qinq.yaml"), encoding="utf-8") as file:
        text = file.read().replace("../pcaps", os.path.join(ROOT, "pcaps"))
    out = scratch.new_run()
    path = scratch.file("nobody.yaml", text.replace("ce1: {} ", "ce1: { neighbors: resolve } "))
    erbium("run", path, "--out", out, "--no-captures")
    found = {what: rows(show(out, what), link="primary") for what in ("arp", "nd")}
    tap.same([(r["interface"], r["ipAddress"], r["macAddress"] == "Incomplete")
              for r in found["arp"] + found["nd"]],
             [("On-Prem", "172.16.0.1", True), ("Microsoft", "172.16.0.2", False),
              ("On-Prem", "fd00:16::1", True), ("Microsoft", "fd00:16::2", False)],
             "a customer's router that does not answer is Incomplete")
    tap.ok(all(r["macAddress"] != "Incomplete" for r in rows(show(out, "arp"), link="secondary")),
           "... and the other link's is there")


# ---- moments ----

def moments(tap, out, start):
    def text(*words):
        return erbium("show", "bgp", "summary", out, *words)
    summary = read_json(out, "summary.json")
    last = text().stdout
    tap.ok("60.000s from the replay's start" in last, "without --at the end is shown", last[:200])
    tap.same(text("--at", "900h").stdout, last, "a time beyond the end is the end")
    tap.same(text("--at", f"@{start + 12 * SECOND}ns").stdout, text("--at", "12s").stdout,
             "scenario time and time from the replay's start")
    before = erbium("show", "bgp", out, "--at", "-1.01s", "-o", "json")
    found = json.loads(before.stdout)
    tap.ok(found["at_ns"] == start - 1_010_000_000 and "replay_start_ns" not in found
           and {r["state"] for r in rows(found)} != {"Established"},
           "before the replay's start, sessions are on their way", before.stderr, found)
    done = text("--at", "@5ms")
    tap.ok("0.005s of scenario time, before the replay's start" in done.stdout,
           "scenario time before the replay's start", done.stdout[:200])
    done = text("--at", "-1h")
    tap.ok(done.returncode == USAGE and done.stderr.count("\n") == 1
           and "nothing is before 0" in done.stderr, "a time before everything: exit 2",
           done.stderr)
    counts = {(r["link"], r["direction"]): r for r in rows(show(out, "links"))}
    wrong = [(name, way) for name, ways in summary["links"].items() for way, want in ways.items()
             if any(counts[name, way][k] != want[k] for k in ("packets", "bytes", "dropped"))]
    tap.ok(not wrong, "links at the end count what summary.json says", *wrong)
    dropped = {}
    for row in rows(show(out, "drops")):
        dropped[row["reason"]] = dropped.get(row["reason"], 0) + row["packets"]
    tap.same(dropped, summary["drops"], "drops at the end are those of summary.json")
    for words in (["bgp"], ["routes"], ["routes", "--fib"], ["arp"], ["bfd"], ["links"]):
        base = erbium("show", *words, out, "--at", "10.7s").stdout
        same = [erbium("show", *words, out, "--at", "10.7s", *setting).stdout
                for setting in (["--burst", 1], ["--burst", 7, "--lookahead-divisor", 4])]
        tap.ok(base and same == [base, base], f"show {' '.join(words)}: burst and lookahead never "
               "show")


def tables(tap, out, update):
    found = ""
    for words in TABLES:
        done = erbium("show", *words.split(), out)
        if not tap.ok(done.returncode == DONE and not done.stderr, f"show {words}", done.stderr):
            continue
        found += f"$ erbium show {words}\n{done.stdout}\n"
        wide = [line for line in done.stdout.splitlines() if len(line) > 80]
        if words.split()[0] in ("bgp", "routes", "bfd", "links", "circuits"):
            tap.ok(not wide, f"show {words} fits 80 columns", *wide)
    if update:
        with open(GOLDEN, "w", encoding="utf-8") as file:
            file.write(found)
    with open(GOLDEN, encoding="utf-8") as file:
        tap.same(found.splitlines(), file.read().splitlines(),
                 "the tables of tests/golden/show.txt")
    for what, wanted in SCHEMAS.items():
        try:
            jsonschema.validate(show(out, what), wanted)
            error = ""
        except (AssertionError, jsonschema.ValidationError) as why:
            error = str(why)
        tap.ok(not error, f"show {what} -o json has its fields", error)


# ---- words ----

def mistakes(tap, out, static, scratch):
    cases = [
        ([], USAGE, "what to show"),
        (["rutes", out], USAGE, "write 'routes'"),
        (["bgp", "summary", out, out], USAGE, "too many"),
        (["bgp", out, "--at", "12.3"], USAGE, "12.3s"),
        (["bgp", out, "--at", "soon"], USAGE, "12.3s"),
        (["bgp", out, "--at", "@-1s"], USAGE, "12.3s"),
        (["routes", out, "--prefix", "10.0.0.0/33"], USAGE, "prefix"),
        (["bgp", out, "--prefix", "10.0.0.0/16"], USAGE, "does not go with show bgp"),
        (["arp", out, "--fib"], USAGE, "show routes"),
        (["drops", out, "--circuit", "er-sjc"], USAGE, "does not go with"),
        (["bgp", out, "--burst", "33"], USAGE, "1 to 32"),
        (["bgp", out, "-o", "xml"], USAGE, "table or json"),
        (["bgp", out, "--sead", "1"], USAGE, "no option"),
        (["bgp", scratch.file("nowhere")], NOT_FOUND, "no run in"),
        (["bgp", scratch.path], NOT_FOUND, "no run in"),
        (["routes", out, "--node", "mse-a"], NOT_FOUND, "write 'msee-a'"),
        (["routes", out, "--circuit", "er-sjx"], NOT_FOUND, "write 'er-sjc'"),
        (["routes", out, "--link", "secundary"], NOT_FOUND, "write 'secondary'"),
        (["routes", out, "--peering", "public"], NOT_FOUND, "private, microsoft"),
        (["arp", out, "--circuit", "er-sjc", "--peering", "microsoft"], NOT_FOUND,
         "er-sjc/primary/private"),
        (["bgp", static], NOT_FOUND, "no BGP sessions.*control.routes: static"),
        (["bfd", static], NOT_FOUND, "no BFD sessions.*control.routes: static"),
    ]
    for words, code, says in cases:
        done = erbium("show", *words)
        name = " ".join(os.path.basename(w) for w in words)
        tap.ok(done.returncode == code and done.stderr.count("\n") == 1 and not done.stdout
               and re.search(says, done.stderr), f"show {name}: exit {code}",
               f"exit {done.returncode}", done.stderr, f"expected {says}")
    routes = show(static, "routes")
    tap.ok({r["kind"] for r in rows(routes, router="ce")} == {"connected", "gateway", "local"},
           "without sessions show routes has the forwarding table", routes)


# ---- what a run leaves ----

def place(scratch, name):
    """A directory with a scenario that replays a capture, both its own."""
    folder = scratch.file(name)
    os.makedirs(os.path.join(folder, "configs"))
    os.makedirs(os.path.join(folder, "pcaps"))
    shutil.copy(STATIC, os.path.join(folder, "configs"))
    for capture in ("branch-to-hub.pcap", "hub-to-branch.pcap"):
        shutil.copy(os.path.join(ROOT, "pcaps", capture), os.path.join(folder, "pcaps"))
    return folder


def inputs(tap, scratch):
    folder = place(scratch, "first/tree")
    scenario, out = "configs/primary-secondary.yaml", os.path.join(folder, "out/a")
    erbium("run", scenario, "--out", "out/a", cwd=folder)
    deep = place(scratch, "second")
    erbium("run", scenario, "--out", "some/where/deep", cwd=deep)
    tap.same(files_of(os.path.join(deep, "some/where/deep")), files_of(out),
             "runs in two trees, at two depths, give the same bytes")
    for name in ("rerun.json", "rerun.yaml"):
        with open(os.path.join(out, name), "rb") as file:
            tap.ok(scratch.path.encode() not in file.read(), f"{name} has no path of the machine")
    rerun = read_json(out, "rerun.json")
    with open(os.path.join(folder, "pcaps/branch-to-hub.pcap"), "rb") as file:
        data = file.read()
    tap.same(rerun["inputs"][0], {"file": "branch-to-hub.pcap", "bytes": len(data),
                                  "crc32": f"{zlib.crc32(data):08x}"}, "rerun.json and zlib agree")
    wanted = erbium("show", "arp", out).stdout
    tap.ok("e4" in wanted, "there is something to compare", wanted)
    tap.same(erbium("show", "arp", cwd=out).stdout, wanted, "the directory is here by default")
    moved = scratch.file("moved")
    shutil.copytree(folder, moved)
    tap.same(erbium("show", "arp", os.path.join(moved, "out/a")).stdout, wanted,
             "a tree that is moved as a whole stays good")
    shutil.copytree(out, scratch.file("alone/out/b"))
    done = erbium("show", "arp", scratch.file("alone/out/b"))
    tap.ok(done.returncode == NOT_FOUND and "branch-to-hub.pcap" in done.stderr,
           "an output without its inputs: exit 3", done.stderr)
    original = os.path.join(folder, scenario)
    os.remove(original)
    tap.same(erbium("show", "arp", out).stdout, wanted, "the scenario may change or go")
    changes = {"pcaps/branch-to-hub.pcap": data[:-1] + bytes([data[-1] ^ 1]),
               "pcaps/hub-to-branch.pcap": None, "out/a/rerun.yaml": b"name: other\n",
               "out/a/rerun.json": b"{", "out/a/summary.json": b"{}"}
    for name, change in changes.items():
        again = os.path.join(moved, name)
        os.remove(again)
        if change is not None:
            with open(again, "wb") as file:
                file.write(change)
        code, says = (INVALID, "changed|is not what|damaged") if change else (NOT_FOUND, "put it")
        done = erbium("show", "arp", os.path.join(moved, "out/a"))
        tap.ok(done.returncode == code and done.stderr.count("\n") == 1
               and re.search(says, done.stderr),
               f"{name} {'changed' if change else 'gone'}: exit {code}", done.stderr)
        shutil.copy(os.path.join(folder, name), again)
    own = os.path.join(moved, "out/a")
    tap.same(erbium("show", "arp", own).stdout, wanted, "what is put back is good again")
    done = erbium("run", os.path.join(own, "rerun.yaml"), "--out", own)
    tap.ok(done.returncode == NOT_FOUND, "rerun.yaml is no scenario of that place", done.stderr)


def replays(tap, scratch):
    """erbium replay, from a file and from a pipe, and a run on real time."""
    capture, out = scratch.file("my.pcap"), scratch.new_run()
    shutil.copy(os.path.join(ROOT, "pcaps", "branch-to-hub.pcap"), capture)
    erbium("replay", "my.pcap", "--config", STATIC, "--port", "branch", "--seed", 7, "--out", out,
           cwd=scratch.path)
    found = show(out, "links")
    counts = {(r["link"], r["direction"]): r["packets"] for r in rows(found)}
    summary = read_json(out, "summary.json")
    tap.ok(read_json(out, "rerun.json")["seed"] == 7 and all(
        counts[name, way] == n["packets"] for name, ways in summary["links"].items()
        for way, n in ways.items()), "a replay is run again with its capture, port and seed",
        counts, summary["links"])
    half = show(out, "links", found["replay_start_ns"] + 100_000_000)
    tap.ok(0 < sum(r["packets"] for r in rows(half)) < sum(counts.values()),
           "... and halfway less has passed", half)
    with open(capture, "rb") as file:
        subprocess.run([program(), "replay", "-", "--config", STATIC, "--out", out], stdin=file,
                       capture_output=True, check=True, env=environment())
    done = erbium("show", "arp", out)
    tap.ok(done.returncode == USAGE and "standard input, which can" in done.stderr,
           "a run from standard input: exit 2", done.stderr)
    with open(STATIC, encoding="utf-8") as file:
        text = file.read().partition("replay:")[0]
    for number, port in enumerate(("branch", "cloud")):
        device = f"net_pcap{number},rx_pcap={capture},tx_pcap={scratch.file(port + '.pcap')}"
        text = text.replace(f"{port}: {{}} ", f'{port}: {{ dev: "{device}" }} ')
    done = erbium("run", "--live", scratch.file("live.yaml", text), "--duration", "200ms",
                  "--out", out, "--no-captures")
    tap.ok(done.returncode == DONE, "a live run", done.stderr)
    done = erbium("show", "arp", out)
    tap.ok(done.returncode == USAGE and "real time" in done.stderr,
           "a run on real time: exit 2", done.stderr)


def edges_and_dumps(tap, scratch):
    """Several runs at once, and two processes: a Microsoft edge, and routes of an MRT file."""
    folder = scratch.file("several")
    data = "tests/data/mrt/ripencc-bview.20020722.2337-excerpt.gz"
    for directory in ("configs", os.path.dirname(data)):
        os.makedirs(os.path.join(folder, directory))
    dump = shutil.copy(os.path.join(ROOT, data), os.path.join(folder, data))
    for name in ("mrt-routes", "microsoft-peering"):
        with open(os.path.join(CONFIGS, name + ".yaml"), encoding="utf-8") as file:
            text = file.read().partition("timeline:")[0]
        with open(os.path.join(folder, "configs", name + ".yaml"), "w", encoding="utf-8") as file:
            file.write(text + "time: { duration: 1s }\n")
    done = erbium("run", "configs", "--out", "out", cwd=folder)
    tap.ok(done.returncode == DONE, "two scenarios in one command", done.stderr)
    out = os.path.join(folder, "out/mrt-routes")
    edge = rows(show(os.path.join(folder, "out/microsoft-peering"), "routes --node ms-sjc"))
    own = {"20.190.128.0/18", "13.69.0.0/17"} | {f"20.60.{4 * i}.0/22" for i in range(4)}
    tap.same(sorted((r["network"], r["path"]) for r in edge),
             sorted([(prefix, "") for prefix in own] + [("198.51.100.0/24", "12076 3320")] * 2),
             "a Microsoft edge knows its services, and the customer's prefix over both links")
    found = rows(show(out, "routes"), router="ergw-hub")
    tap.same(len({r["network"] for r in found}), 500 + 2, "the gateway has the routes of the file")
    with open(dump, "rb") as file:
        packed = file.read()
    tap.same(read_json(out, "rerun.json")["inputs"],
             [{"file": os.path.basename(data), "bytes": len(packed),
               "crc32": f"{zlib.crc32(packed):08x}"}], "rerun.json has the MRT file")
    done = erbium("run", "configs/mrt-routes.yaml", "--processes", "--out", "out/two", cwd=folder)
    two = os.path.join(folder, "out/two")
    tap.ok(done.returncode == DONE, "the same in two processes", done.stderr)
    tap.same(files_of(two), files_of(out), "... writes the same")
    tap.same(erbium("show", "routes", two).stdout, erbium("show", "routes", out).stdout,
             "... and shows the same")
    with open(dump, "wb") as file:
        file.write(packed[:-1])
    done = erbium("show", "routes", out)
    tap.ok(done.returncode == INVALID and done.stderr.count("\n") == 1
           and "excerpt.gz is not what" in done.stderr, "an MRT file that changed: exit 4",
           done.stderr)
    os.remove(dump)
    done = erbium("show", "routes", out)
    tap.ok(done.returncode == NOT_FOUND and "put it back" in done.stderr,
           "an MRT file that is gone: exit 3", done.stderr)


def main():
    update, tap = "--update" in sys.argv, Tap()
    with Scratch() as scratch:
        with open(FAILOVER, encoding="utf-8") as file:
            text = file.read().partition("outputs: {")[0].replace("pps: 1000,", "pps: 100,")
        out, static = scratch.new_run(), scratch.new_run()
        done = erbium("run", scratch.file("failover-bfd.yaml", text), "--out", out)
        tap.ok(done.returncode == DONE, "the scenario runs", done.stderr)
        erbium("run", STATIC, "--out", static)
        events = read_json(out, "summary.json")["events"]
        (start,) = [e["at_ns"] for e in events if e["what"] == "replay_start"]
        histories = read_json(out, "failover.json")["sessions"]
        names = {k: {s["name"] for s in histories if s["kind"] == k} for k in ("bgp", "bfd")}
        for after in (0, 5, 11, 20, 29, 31, 60):
            judge_states(tap, out, start + after * SECOND)
        judge_events(tap, out, [e for e in events if e["at_ns"] > start], names)
        judge_routes(tap, out, start)
        judge_arp(tap, out)
        nobody_answers(tap, scratch)
        moments(tap, out, start)
        tables(tap, out, update)
        mistakes(tap, out, static, scratch)
        inputs(tap, scratch)
        replays(tap, scratch)
        edges_and_dumps(tap, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
