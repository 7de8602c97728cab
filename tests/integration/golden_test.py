#!/usr/bin/env python3
"""Every scenario of configs/ still gives the bytes that it gave: golden_test.py ERBIUM [--update]

tests/golden/NAME.json has what the run counted (summary.json without `wall`) and the SHA-256 of
every file it wrote. After a change that is meant to change outputs, run it with --update and read
the difference.
"""

import json
import os
import sys

from harness import ROOT, Scratch, Tap, files_of, program, run, scenarios, without_wall

GOLDEN = os.path.join(ROOT, "tests", "golden")


def golden_text(directory):
    with open(os.path.join(directory, "summary.json"), encoding="utf-8") as file:
        summary = without_wall(file.read())
    return json.dumps({"summary": summary, "sha256": files_of(directory)}, indent=1) + "\n"


def differences(before, after):
    """The values that differ, as "path: before -> after"."""
    def flat(tree, path=""):
        if not isinstance(tree, (dict, list)) or not tree:
            return {path: tree}
        items = tree.items() if isinstance(tree, dict) else enumerate(tree)
        return {k: v for key, value in items for k, v in flat(value, f"{path}/{key}").items()}
    a, b = flat(json.loads(before)), flat(json.loads(after))
    return [f"{k}: {a.get(k)} -> {b.get(k)}" for k in sorted({**a, **b}) if a.get(k) != b.get(k)]


def main():
    update, tap = "--update" in sys.argv, Tap()
    with Scratch() as scratch:
        for name, path in scenarios().items():
            out = scratch.new_run()
            done = run([program(), "run", path, "--out", out])
            if not tap.ok(done.returncode == 0, f"{name} runs", done.stderr):
                continue
            text, golden = golden_text(out), os.path.join(GOLDEN, name + ".json")
            if update:
                with open(golden, "w", encoding="utf-8") as file:
                    file.write(text)
            before = ""
            if os.path.exists(golden):
                with open(golden, encoding="utf-8") as file:
                    before = file.read()
            tap.ok(text == before, f"{name} gives the bytes of tests/golden",
                   *(differences(before, text) if before else ["no golden file"]))
    stored = {name[: -len(".json")] for name in os.listdir(GOLDEN) if name.endswith(".json")}
    tap.same(sorted(stored - set(scenarios())), [], "no golden file without its scenario")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
