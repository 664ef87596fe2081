"""Every number of docs/conformance.md has a test that carries it, and every test a number that is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
# Where tests go through HTTP; those of `tests/gateway` look at the parts and count for nothing here.
OVER_HTTP = ("conformance", "chat", "sdk", "engines")
NUMBER = re.compile(r"(?<![a-z0-9])([doaths]\d\d[a-z]?)(?![a-z0-9])")


def promised() -> set[str]:
    page = (ROOT / "docs/conformance.md").read_text()
    return {number.lower() for number in re.findall(r"^\| ([A-Z]\d\d[a-z]?) \|", page, re.MULTILINE)}


def shown() -> set[str]:
    return {number for name in names() for number in NUMBER.findall(name.replace("_", " "))}


def names() -> Iterator[str]:
    """Of tests over HTTP, and of the cases they are parametrised with (`D05 string`)."""
    for path in [file for folder in OVER_HTTP for file in (ROOT / "tests" / folder).glob("test_*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield node.name
            elif isinstance(node, ast.Constant) and re.match(r"D0\d ", str(node.value)):
                yield str(node.value).lower()


def test_every_promise_is_shown() -> None:
    assert promised() - shown() == set()


def test_nothing_is_shown_that_was_not_promised() -> None:
    assert shown() - promised() == set()
