"""Judges the HTML report: python3 report_judge.py REPORT_SAMPLE

Reads the sample program's report with Python's HTML parser. Every element must be closed in order,
ids must be unique, nothing may name something to load, the data must be JSON and the tables must
say without any script what the sample put in. Two runs must give the same bytes.
"""

import html.parser
import json
import subprocess
import sys

VOID = {'meta', 'br', 'img', 'input', 'link', 'hr'}
LOADS = {'src', 'href', 'srcset', 'data', 'action', 'poster', 'background', 'xlink:href'}
LIMIT = 400_000


class Page(html.parser.HTMLParser):
    """Collects the rows of all tables, scripts and ids, and what is wrong with the nesting."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.wrong, self.ids, self.tags = [], [], [], {}
        self.rows, self.scripts = [], []
        self.cell = None

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for name, value in attributes:
            if name == 'id':
                self.ids.append(value)
            if name in LOADS or name.startswith('on'):
                self.wrong.append(f'<{tag} {name}={value!r}>')
        if tag not in VOID:
            self.open.append(tag)
        if tag == 'tr':
            self.rows.append([])
        if tag in ('td', 'th'):
            self.rows[-1].append('')
            self.cell = True
        if tag == 'script':
            self.scripts.append((dict(attributes), ''))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f'</{tag}> closes nothing, line {self.getpos()[0]}')
        if tag in ('td', 'th'):
            self.cell = None

    def handle_data(self, data):
        if self.cell:
            self.rows[-1][-1] += data.replace('\u00a0', ' ')
        elif self.open and self.open[-1] == 'script':
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data


def expect(what, condition):
    if not condition:
        sys.exit(f'report: {what}')


def row_starts(page, *cells):
    return any(row[:len(cells)] == list(cells) for row in page.rows)


def nesting(page):
    expect(f'wrong: {page.wrong[:5]}', not page.wrong)
    expect(f'not closed: {page.open}', not page.open)
    doubled = {i for i in page.ids if page.ids.count(i) > 1}
    expect(f'ids twice: {doubled}', not doubled)
    widths = [len(row) for row in page.rows]
    expect('an empty row', all(widths))


def data(page):
    plain = [text for attributes, text in page.scripts
             if attributes.get('type') == 'application/json']
    expect('one script of data and two of code', len(plain) == 1 and len(page.scripts) == 3)
    values = json.loads(plain[0])
    bins = values['duration_ns'] // values['bin_ns']
    for plot in values['plots']:
        for series in plot['series']:
            expect(f"{series['name']}: {bins} values", len(series['values']) == bins)
    return values


def tables(page):
    expect('no row of the expectation',
           row_starts(page, 'onprem-to-app, link_down: outage <= 1s', '813.0 ms', '\u2713 met'))
    expect('no row of the outage',
           row_starts(page, '1', 'link_downer-sjc/primary both',
                      'onprem-to-app1000 pps of 128 bytes',
                      '813.0 msproven 811.0 ms', '\u2013',
                      '601 ms to 901 msBFD 300 ms \u00d7 3 + control 1 ms',
                      '\u2713 within bound', '812', '0', '0',
                      'er-sjc/primary \u2192 er-sjc/secondary'))
    expect('no row of the event', row_starts(page, '2', '30.000000 s', 'link_up'))
    expect('no row of the drops', row_starts(page, 'link_down', '1,624'))


def main(sample):
    first, second = (subprocess.run([sample], check=True, capture_output=True).stdout
                     for _ in range(2))
    expect('two runs differ', first == second)
    expect(f'{len(first)} bytes', len(first) < LIMIT)
    text = first.decode()
    for address in 'http://', 'https://':
        expect(f'has {address}', address not in text)
    page = Page()
    page.feed(text)
    page.close()
    nesting(page)
    values = data(page)
    tables(page)
    expect('topology, plots, bars and the latencies of links as SVG',
           page.tags['svg'] == 1 + len(values['plots']) + len(values['sessions']) + 1)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
