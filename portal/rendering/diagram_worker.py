"""The process that draws one diagram: Mermaid on its standard input, SVG on its standard output."""

import pkgutil
import sys
from importlib import import_module

import merm

from portal.confinement import give_up

MEMORY = 512 << 20
SECONDS = 5
OUTPUT = 4 << 20


def main() -> int:
    source = sys.stdin.buffer.read().decode()
    # Each kind of diagram would bring in its own module: afterwards none can be opened.
    for module in pkgutil.walk_packages(merm.__path__, "merm."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    give_up(memory=MEMORY, seconds=SECONDS, output=OUTPUT)
    svg = merm.render_diagram(source)
    if len(svg) > OUTPUT:
        return 1
    sys.stdout.write(svg)
    return 0


if __name__ == "__main__":
    sys.exit(main())
