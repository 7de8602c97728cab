#!/usr/bin/env python3
"""The JSON Schema and the decoder judge the same files alike.

Usage: agree.py ERBIUM [DIRECTORY_WITH_CONFIGS]

python3-jsonschema judges independently of the program, on what `erbium schema` prints. Three kinds
of files stand beside this script: good/ (both accept), bad/ (both refuse, the mistake is one of
shape) and rules/ (the schema accepts, `erbium check` refuses). The first line of a refused file
says where and why: `# expect: LINE:COLUMN text`. Files that are not YAML at all have no verdict of
the schema.
"""

import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

EXIT_CONFIG = 4


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2 core schema, where PyYAML's own is YAML 1.1; duplicate keys are errors."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
        ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
        ("int", r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$", "-+0123456789"),
        ("float", r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|"
                  r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$", "-+0123456789."),
        ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""])):
    CoreLoader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(pattern), list(first))


def core_int(loader, node):
    text = loader.construct_scalar(node)
    if text.startswith(("0o", "0x")):
        return int(text, 0)
    return int(text)


def core_map(loader, node):
    loader.flatten_mapping(node)
    seen = set()
    for key, _ in node.value:
        name = loader.construct_object(key)
        if not isinstance(name, str):
            raise ValueError("key is not a string")
        if name in seen:
            raise ValueError("duplicate key")
        seen.add(name)
    return loader.construct_mapping(node, deep=True)


CoreLoader.add_constructor("tag:yaml.org,2002:int", core_int)
CoreLoader.add_constructor("tag:yaml.org,2002:map", core_map)


def schema_verdict(validator, path):
    """True or False, or None when the file does not parse into one document of plain data."""
    try:
        document = yaml.load(path.read_text(), CoreLoader)
    except (yaml.YAMLError, ValueError):
        return None
    return validator.is_valid(document)


def run_check(erbium, path):
    done = subprocess.run([erbium, "check", str(path)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def expected(path):
    match = re.match(r"# expect: (\d+):(\d+) (.+)\n", path.read_text())
    if not match:
        raise SystemExit(f"{path}: no '# expect: LINE:COLUMN text' in its first line")
    return match.groups()


def judge_good(validator, erbium, path):
    faults = []
    if schema_verdict(validator, path) is not True:
        faults.append("the schema refuses it")
    code, text = run_check(erbium, path)
    if code != 0:
        faults.append(f"check exits with {code}: {text.strip()}")
    return faults


def judge_refused(validator, erbium, path, schema_may_say):
    faults = []
    verdict = schema_verdict(validator, path)
    if verdict not in schema_may_say:
        faults.append(f"the schema's verdict is {verdict}")
    line, column, text = expected(path)
    code, said = run_check(erbium, path)
    if code != EXIT_CONFIG:
        faults.append(f"check exits with {code}")
    wanted = f"{path.name}:{line}:{column}: "
    if not any(wanted in row and text in row for row in said.splitlines()):
        faults.append(f"check should say '{wanted}... {text}', said: {said.strip()}")
    return faults


def main():
    erbium = sys.argv[1]
    here = pathlib.Path(__file__).resolve().parent
    schema = json.loads(subprocess.run([erbium, "schema"], capture_output=True, check=True,
                                       timeout=60).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    jobs = []
    good = sorted((here / "good").glob("*.yaml"))
    if len(sys.argv) > 2:
        good += sorted(pathlib.Path(sys.argv[2]).glob("*.yaml"))
    jobs += [(path, judge_good(validator, erbium, path)) for path in good]
    jobs += [(path, judge_refused(validator, erbium, path, (False, None)))
             for path in sorted((here / "bad").glob("*.yaml"))]
    jobs += [(path, judge_refused(validator, erbium, path, (True,)))
             for path in sorted((here / "rules").glob("*.yaml"))]
    failed = [(path, faults) for path, faults in jobs if faults]
    for path, faults in failed:
        for fault in faults:
            print(f"{path}: {fault}")
    print(f"{len(jobs)} files, {len(failed)} with faults")
    if len(jobs) < 100:
        print("fewer than 100 files were judged: the corpus is missing")
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
