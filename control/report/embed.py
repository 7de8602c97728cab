"""Writes the report's page, style and scripts, and dygraphs, as one C++ file of arrays.

usage: embed.py OUTPUT.cpp ASSETS_DIRECTORY DYGRAPHS_DIRECTORY

Comments that name an address or a source map are taken out of dygraphs, so that the report has no
link that a browser or its tools would follow; the licence's text goes in instead.
"""

import pathlib
import re
import sys

NEEDED = 'dygraph.min.js', 'dygraph.min.css'


def dygraphs(directory):
    """Returns dygraphs' script without map and address, and its style. Exits if one is missing."""
    for name in NEEDED:
        if not (directory / name).is_file():
            sys.exit(f'{directory / name} is not there: install libjs-dygraphs')
    script = (directory / 'dygraph.min.js').read_text()
    script = re.sub(r'^//# sourceMappingURL=.*$', '', script, flags=re.M)
    script = re.sub(r'/\*! @license .*?\*/', '', script, count=1)
    style = re.sub(r'/\*# sourceMappingURL=.*?\*/', '', (directory / 'dygraph.min.css').read_text())
    for name, text in ('dygraph.min.js', script), ('dygraph.min.css', style):
        if re.search(r'https?://|sourceMappingURL', text):
            sys.exit(f'{name} names an address: embed.py does not know this version of dygraphs')
    if re.search(r'</script|<!--', script, re.I):
        sys.exit('dygraph.min.js cannot stand in a script element')
    return script.strip(), style.strip()


def array(name, text):
    """Returns a definition of `name` with the UTF-8 bytes of `text`."""
    codes = [str(b - 256 if b > 127 else b) for b in text.encode()]
    lines = [','.join(codes[i:i + 32]) for i in range(0, len(codes), 32)]
    body = ',\n'.join(lines)
    return (f'static constexpr char {name}_bytes[] = {{\n{body}}};\n'
            f'const std::string_view {name}({name}_bytes, sizeof {name}_bytes);\n')


def main(output, assets, source):
    assets = pathlib.Path(assets)
    script, style = dygraphs(pathlib.Path(source))
    licence = (assets / 'dygraphs-licence.txt').read_text().strip()
    parts = {
        'kReportPage': (assets / 'report.html').read_text(),
        'kReportStyle': (assets / 'report.css').read_text(),
        'kReportScript': (assets / 'report.js').read_text(),
        'kDygraphsScript': f'/*\n{licence}\n*/\n{script}',
        'kDygraphsStyle': style,
    }
    text = '// Written by embed.py.\n#include "control/report/assets.h"\n\nnamespace erbium::cp {\n'
    text += ''.join(array(name, value) for name, value in parts.items())
    pathlib.Path(output).write_text(text + '}  // namespace erbium::cp\n')


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
