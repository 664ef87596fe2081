"""Every text that people see is there in every language: found in the code itself, as `makemessages` does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.template import engines
from django.template.base import Node, NodeList, Template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

from portal.translations import compile_translations

ROOT = Path(__file__).parents[2]
APPS = ("accounts", "apikeys", "chat", "collections_app", "portal", "usage")
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
# Where a call has its context, its text and its plural.
CALLS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w*\}|</?\w+>")

Message = tuple[str | None, str, str | None]


def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(ROOT / "locale" / language / "LC_MESSAGES/django.po"))


def messages() -> dict[Message, str]:
    """Context, text and plural, with the file they are in."""
    found: dict[Message, str] = {}
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            found |= dict.fromkeys(in_code(path), str(path))
    for path in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]:
        found |= dict.fromkeys(in_template(path), str(path))
    return found


def in_code(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name not in CALLS or not all(isinstance(arg, ast.Constant) for arg in node.args[:1]):
            continue
        context, text, plural = (None if at is None else told(node.args[at]) for at in CALLS[name])
        assert text is not None
        yield context, text, plural


def told(node: ast.expr) -> str:
    assert isinstance(node, ast.Constant), ast.unparse(node)
    return str(node.value)


def in_template(path: Path) -> Iterator[Message]:
    source = path.read_text()
    assert "_(" not in source, f"{path}: {{% translate %}} is what this test can find"
    template = engines["django"].engine.from_string(source)
    for node in nodes_in(template.nodelist):
        if isinstance(node, TranslateNode):
            # As Django asks for it: a percent sign stands for itself.
            yield context_of(node), node.filter_expression.var.literal.replace("%", "%%"), None
        elif isinstance(node, BlockTranslateNode):
            plural = node.render_token_list(node.plural)[0] if node.plural else None
            yield context_of(node), node.render_token_list(node.singular)[0], plural


def nodes_in(nodes: NodeList | Template) -> Iterator[Node]:
    for node in nodes:
        yield from node.get_nodes_by_type(Node)


def context_of(node: Node) -> str | None:
    context = node.message_context
    return None if context is None else context.var


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language: str) -> None:
    known = {(entry.msgctxt, entry.msgid, entry.msgid_plural or None) for entry in catalogue(language)}
    missing = {message: path for message, path in messages().items() if message not in known}
    assert not missing, "run `manage.py makemessages` (docs/translations.md) and translate these"
    assert known <= set(messages()), "messages that nothing says any more"


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_empty_fuzzy_or_obsolete(language: str) -> None:
    entries = catalogue(language)
    assert [entry.msgid for entry in entries if not entry.translated()] == []
    assert [entry.msgid for entry in entries if entry.fuzzy or entry.obsolete] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_line_ends_agree(language: str) -> None:
    for entry in catalogue(language):
        texts = entry.msgstr_plural.values() if entry.msgid_plural else [entry.msgstr]
        # One may be said without its number.
        asked = sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        least = sorted(PLACEHOLDER.findall(entry.msgid))
        for text in texts:
            assert sorted(PLACEHOLDER.findall(text)) in (asked, least), entry.msgid
            for end in ("\n", ".", ":", "?", "…"):
                is_question = end == "?" and text.endswith(";")  # as Greek asks
                assert entry.msgid.endswith(end) <= (text.endswith(end) or is_question), entry.msgid


def test_a_catalogue_is_made_without_gettext_and_only_once(tmp_path: Path) -> None:
    folder = tmp_path / "de" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source = folder / "django.po"
    polib.POFile().save(str(source))
    entries = polib.pofile(str(source), encoding="utf-8")
    entries.append(polib.POEntry(msgid="a", msgstr="ä"))
    entries.save(str(source))
    assert compile_translations(tmp_path) == ["de"]
    assert [entry.msgstr for entry in polib.mofile(str(source.with_suffix(".mo")))] == ["ä"]
    assert compile_translations(tmp_path) == []


def test_the_image_has_them_before_its_files_are_read_only() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines.index("RUN /venv/bin/python -m portal.translations") < lines.index("USER portal")
    assert "**/*.mo" in (ROOT / ".dockerignore").read_text()
