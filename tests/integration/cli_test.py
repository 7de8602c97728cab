#!/usr/bin/env python3
"""The command line as users type it: verbs, exit codes, suggestions, environment variables, JSON,
completion, the examples in the help, every shipped scenario: cli_test.py ERBIUM"""

import json
import os
import re
import shlex
import subprocess
import sys

from harness import CONFIGS, ROOT, Scratch, Tap, files_of, program, run, shipped, without_wall

DONE, DIFFERENT, USAGE, NOT_FOUND, INVALID, MACHINE, WARNINGS = 0, 1, 2, 3, 4, 5, 7
VERBS = ("run", "replay", "show", "explain", "diff", "check", "schema", "version", "completion")
FIRST = os.path.join(CONFIGS, "primary-secondary.yaml")
CAPTURE = os.path.join(ROOT, "pcaps", "branch-to-hub.pcap")


def erbium(*words, **more):
    return run([program(), *words], **more)


def help_texts(tap):
    done = erbium("--help")
    listed = all(re.search(rf"^  {v} ", done.stdout, re.M) for v in VERBS)
    tap.ok(done.returncode == DONE and listed, "--help lists every verb", done.stdout)
    done = erbium()
    tap.ok(done.returncode == USAGE and "usage:" in done.stdout, "no verb: exit 2 and the help")
    for verb in VERBS:
        done = erbium(verb, "--help")
        tap.ok(done.returncode == DONE and "example: " in done.stdout and not done.stderr,
               f"{verb} --help has an example", done.stdout, done.stderr)


def examples(tap, scratch):
    """The examples do what they say, from the project's directory, on the user's own capture."""
    link = scratch.file("erbium")
    os.symlink(program(), link)
    os.symlink(CONFIGS, scratch.file("configs"))
    os.symlink(os.path.join(ROOT, "pcaps"), scratch.file("pcaps"))
    os.symlink(CAPTURE, scratch.file("my.pcap"))
    for verb in VERBS:
        example = re.search(r"example: (.+)", erbium(verb, "--help").stdout)[1]
        done = run(["bash", "-c", example], cwd=scratch.path,
                   env={"PATH": scratch.path + ":" + os.environ["PATH"]})
        wanted = DIFFERENT if verb == "diff" else DONE
        tap.ok(done.returncode == wanted, f"the example works: {example}", done.stderr)


def mistakes(tap):
    cases = [
        (["rum"], USAGE, "did you mean run"),
        (["frobnicate"], USAGE, "see erbium --help"),
        (["run"], USAGE, "scenario file is missing"),
        (["run", FIRST, FIRST], USAGE, "one directory"),
        (["run", FIRST, CONFIGS, "--live"], USAGE, "one scenario"),
        (["run", FIRST, "nowhere.yaml"], NOT_FOUND, "nowhere.yaml"),
        (["run", FIRST, "--covers", "T1"], NOT_FOUND, "covers T1"),
        (["run", os.path.join(ROOT, "docs")], NOT_FOUND, "no scenario"),
        (["run", FIRST, "--sead", "1"], USAGE, "did you mean --seed"),
        (["run", FIRST, "--seed", "many"], USAGE, "seed"),
        (["run", FIRST, "--seed", "-1"], USAGE, "seed"),
        (["run", FIRST, "--seed"], USAGE, "seed"),
        (["run", FIRST, "--burst", "33"], USAGE, "1 to 32"),
        (["run", FIRST, "--burst", "0"], USAGE, "1 to 32"),
        (["run", FIRST, "--lookahead-divisor", "0"], USAGE, "1 or more"),
        (["run", FIRST, "--lookahead-divisor", "-1"], USAGE, "1 or more"),
        (["run", FIRST, "--memory", "12"], USAGE, "unit"),
        (["run", FIRST, "--memory", "0MiB"], USAGE, "--memory 0MiB: a size"),
        (["run", FIRST, "--duration", "3s"], USAGE, "--live"),
        (["run", FIRST, "--explain", "--processes"], USAGE, "one process"),
        (["run", FIRST, "-o", "xml"], USAGE, "table or json"),
        (["run", "nowhere.yaml"], NOT_FOUND, "nowhere.yaml"),
        (["check", "nowhere.yaml"], NOT_FOUND, "nowhere.yaml"),
        (["check"], USAGE, "scenario file is missing"),
        (["replay", CAPTURE, "--port", "branch"], USAGE, "--port goes with --config"),
        (["replay", "--config", FIRST], USAGE, "capture is missing"),
        (["replay", "nowhere.pcap", "--config", FIRST], NOT_FOUND, "nowhere.pcap"),
        (["replay", CAPTURE, "--config", "nowhere.yaml"], NOT_FOUND, "nowhere.yaml"),
        (["replay", CAPTURE, "--config", FIRST, "--port", "brunch"], NOT_FOUND,
         "write 'branch'"),
        (["replay", CAPTURE, "--config", FIRST, "--port", "xyzzy"], NOT_FOUND, "branch.*cloud"),
        (["completion", "zsh"], USAGE, "bash"),
        (["completion"], USAGE, "missing"),
        (["version", "now"], USAGE, "now|many|positional"),
        (["schema", "now"], USAGE, "now|many|positional"),
    ]
    for words, code, says in cases:
        done = erbium(*words)
        name = " ".join(os.path.basename(w) for w in words)
        tap.ok(done.returncode == code and done.stderr.count("\n") == 1 and not done.stdout
               and re.search(says, done.stderr), f"erbium {name}: exit {code}",
               f"exit {done.returncode}", done.stderr, f"expected {says}")


def runs(tap, scratch):
    """Options, environment and formats of run and replay."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([program(), "schema"], stdout=full, stderr=subprocess.PIPE, text=True,
                              check=False)
    tap.ok(done.returncode == MACHINE and "standard output" in done.stderr,
           "a full standard output: exit 5", done.returncode, done.stderr)
    plain = scratch.new_run()
    done = erbium("run", FIRST, "--out", plain)
    said = all(word in done.stdout for word in ("PORT", "LINK", "PACKETS", plain))
    tap.ok(done.returncode == DONE and said, "run prints tables and where the output is",
           done.stdout)
    tap.ok("%" not in done.stderr and "\033" not in done.stdout,
           "no progress and no colour off a terminal")
    with open(os.path.join(plain, "summary.json"), encoding="utf-8") as file:
        stored = file.read()

    out = scratch.new_run()
    done = erbium("run", FIRST, "--out", out, "-o", "json")
    printed = without_wall(done.stdout)
    tap.same(sorted(printed.pop("failover")),
             ["convergence", "drops", "events", "expectations", "outages", "replay_start_ns",
              "sessions", "streams"], "run -o json has a failover")
    tap.ok(printed == without_wall(stored), "... beside summary.json")
    tap.same(files_of(out), files_of(plain), "... and writes the same files")

    out = scratch.new_run()
    erbium("run", FIRST, "--out", out, "--no-captures")
    tap.same(sorted(files_of(out)), ["counters.json", "journal.jsonl", "rerun.json",
                                   "rerun.yaml", "summary.json"],
             "--no-captures")

    out = scratch.new_run()
    done = erbium("run", FIRST, env={"ERBIUM_OUT": out, "ERBIUM_SEED": "7", "ERBIUM_OUTPUT": "json",
                                     "ERBIUM_NO_CAPTURES": "1", "ERBIUM_UNKNOWN": "x"})
    tap.ok(done.returncode == DONE and json.loads(done.stdout)["seed"] == 7
           and len(files_of(out)) == 5, "ERBIUM_... sets options", done.stderr,
           sorted(files_of(out)))
    done = erbium("run", FIRST, "--seed", 8, "--no-captures", "-o", "json", "--out", out,
                  env={"ERBIUM_SEED": "7"})
    tap.ok(json.loads(done.stdout)["seed"] == 8, "the command line wins over the environment")
    done = erbium("run", FIRST, env={"ERBIUM_BURST": "99"})
    tap.ok(done.returncode == USAGE, "a bad value in the environment: exit 2", done.stderr)

    out = scratch.new_run()
    erbium("replay", CAPTURE, "--config", FIRST, "--port", "branch", "--out", out)
    with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
        found = json.load(file)
    tap.same((found["ports"]["branch"]["rx"]["packets"], found["ports"]["cloud"]["rx"]["packets"]),
             (285, 0), "replay sends the capture instead of the scenario's")
    again = scratch.new_run()
    erbium("replay", CAPTURE, "--config", FIRST, "--out", again)
    tap.same(files_of(again), files_of(out), "replay without --port takes the scenario's first")
    done = erbium("run", FIRST, cwd=scratch.path)
    tap.same(files_of(scratch.file("out/primary-secondary")), files_of(plain),
             "without --out the scenario says where")


def checks(tap, scratch):
    with open(FIRST, encoding="utf-8") as file:
        text = file.read()
    one_link = re.sub(r"\n +secondary: \{ msee.*", "", text)
    one_link = one_link.replace("../pcaps", os.path.join(ROOT, "pcaps"))
    path = scratch.file("one-link.yaml", one_link)
    done = erbium("check", path)
    tap.ok(done.returncode == DONE and re.search(r"one-link.yaml:\d+:\d+: warning: .*\[two-links; ",
                                                 done.stderr), "check warns with place and rule",
           done.returncode, done.stderr)
    tap.ok(erbium("check", path, "--strict").returncode == WARNINGS, "check --strict: exit 7")
    for strict, code in (([], DONE), (["--strict"], WARNINGS)):
        done = erbium("run", path, "--out", scratch.new_run(), *strict)
        tap.ok(done.returncode == code, f"run {' '.join(strict)} with a warning: exit {code}",
               done.stderr)
    bad = scratch.file("bad.yaml", text.replace("65001", "65515"))
    done = erbium("check", bad)
    tap.ok(done.returncode == INVALID and "reserved-asn" in done.stderr, "check refuses: exit 4",
           done.stderr)
    done = erbium("check", FIRST, "-o", "json")
    tap.same(json.loads(done.stdout), {"file": FIRST, "name": "primary-secondary", "circuits": 1,
                                       "warnings": 0}, "check -o json")
    rules = json.loads(erbium("check", "--rules", "-o", "json").stdout)
    tap.ok(len(rules) > 40 and all(r["id"] and r["summary"] and r["source"] for r in rules),
           "check --rules: every rule has its source")


def printed(tap, scratch):
    schema = json.loads(erbium("schema").stdout)
    tap.ok(schema["$schema"].startswith("https://json-schema.org/"), "schema is JSON Schema")
    with open(os.path.join(ROOT, "docs", "config.md"), encoding="utf-8") as file:
        tap.ok(file.read() == erbium("schema", "--reference").stdout,
               "docs/config.md is what schema --reference prints")
    version = json.loads(erbium("version", "-o", "json").stdout)["version"]
    tap.ok(re.fullmatch(r"\d+\.\d+\.\d+", version), "version as JSON", version)
    tap.same(erbium("version").stdout, f"erbium {version}\n", "version as text")
    pipeline = json.loads(erbium("version", "--pipeline", "-o", "json").stdout)["pipeline"]
    with open(os.path.join(ROOT, "tests", "golden", "pipeline.txt"), encoding="utf-8") as file:
        tap.same("".join(f"{kind}: {' '.join(names)}\n" for kind, names in pipeline.items()),
                 file.read(), "the order of the stages is the pinned one")


def completions(tap, scratch):
    """In bash, as TAB would."""
    script = scratch.file("completion", erbium("completion", "bash").stdout)
    os.makedirs(scratch.file("c"), exist_ok=True)
    open(scratch.file("c/scenario.yaml"), "w", encoding="utf-8").close()

    def complete(*words):
        text = (f"erbium() {{ {shlex.quote(program())} \"$@\"; }}; source {script}; "
                f"COMP_WORDS=(erbium {' '.join(shlex.quote(w) for w in words)}); "
                f"COMP_CWORD={len(words)}; _erbium; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
        return run(["bash", "-c", text], cwd=scratch.file("c")).stdout.split()
    tap.same(sorted(complete("")), sorted(VERBS), "completion of verbs")
    tap.same(complete("ch"), ["check"], "completion of the start of a verb")
    tap.same(complete("run", "--se"), ["--seed"], "completion of options")
    tap.same(complete("show", "b"), ["bgp", "bfd"], "completion of what can be shown")
    tap.same(complete("run", "sc"), ["scenario.yaml"], "completion of files")


def shipped_scenarios(tap):
    for name, path in shipped().items():
        done = erbium("check", path, "--strict")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        tap.ok(done.returncode == DONE and text.startswith("# ") and f"\nname: {name}\n" in text,
               f"{name} passes check --strict, says what it shows, has its file's name",
               done.stderr)


def main():
    tap = Tap()
    with Scratch() as scratch:
        help_texts(tap)
        examples(tap, scratch)
        mistakes(tap)
        runs(tap, scratch)
        checks(tap, scratch)
        printed(tap, scratch)
        completions(tap, scratch)
        shipped_scenarios(tap)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
