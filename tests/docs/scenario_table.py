"""The table of scenarios in docs/scenarios.md: what `about` says in every file of configs/."""

import re

import yaml

BEGIN, END = '| scenario | covers | what it shows | source |\n|---|---|---|---|\n', '\n\n'
KINDS = {'T': 0, 'pain': 1, 'trap': 2}


def order(label):
    """T7 before T10, tests before pains before traps."""
    kind, number = re.fullmatch(r'([A-Za-z]+)-?(\d+)', label).groups()
    return KINDS[kind], int(number)


def rows(root):
    """(sort key, row) of every scenario that says what it is about."""
    for path in sorted((root / 'configs').glob('*.yaml')):
        about = yaml.safe_load(path.read_text()).get('about')
        if not about:
            continue
        covers = sorted(about.get('covers', []), key=order)
        link = f'[{path.stem}](../configs/{path.name})'
        cells = [link, ', '.join(covers), about['shows'], about.get('source', '')]
        key = order(covers[0]) if covers else (len(KINDS), 0)
        yield (key, path.stem), f'| {" | ".join(cells)} |'


def table(root):
    return '\n'.join(row for _, row in sorted(rows(root)))


def check(root, update):
    """None, or what is wrong; --update puts the table in."""
    path = root / 'docs/scenarios.md'
    text = path.read_text()
    begin = text.index(BEGIN) + len(BEGIN)
    end = text.index(END, begin)
    if update:
        path.write_text(text[:begin] + table(root) + text[end:])
        return None
    if text[begin:end] != table(root):
        return 'is not what configs/ says; docs_test.py --update writes it anew'
    return None


def check_labels(root):
    """None, or the labels that the document does not name."""
    text = (root / 'docs/scenarios.md').read_text()
    labels = {label for path in (root / 'configs').glob('*.yaml')
              for label in (yaml.safe_load(path.read_text()).get('about') or {}).get('covers', [])}
    wanted = labels | {f'T{n}' for n in range(1, 15)}
    missing = [label for label in sorted(wanted, key=order) if f'\n| {label} |' not in text]
    uncovered = [f'T{n}' for n in range(1, 15) if f'T{n}' not in labels]
    if missing or uncovered:
        return f'not explained: {missing}; no scenario covers: {uncovered}'
    return None
