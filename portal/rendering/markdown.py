"""Markdown → safe HTML, one string a top-level block.

Stream, history, share and export all come through here, so they show the same thing.
"""

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.tasklists import tasklists_plugin

from portal.rendering.footnotes import notes_plugin
from portal.rendering.highlight import code_block
from portal.rendering.maths import formula_html, maths_plugin
from portal.rendering.sanitise import sanitise

_LINE_END = re.compile(r"\r\n?")
Block = tuple[int | None, str]


def _language(token: Token) -> str:
    """A block's, as its author named it."""
    words = token.info.split()
    return words[0] if words else ""


def _fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    language = _language(token)
    if language == "math":
        return f"<p>{formula_html(token.content, is_block=True)}</p>\n"
    return code_block(token.content, language)


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A link: an image would fetch its address as soon as the answer is shown (battery W03)."""
    token = tokens[index]
    link = Token("link_open", "a", 1, attrs={"href": str(token.attrs.get("src", ""))})
    label = renderer.renderInlineAsText(token.children, options, env) or "image"
    text = Token("text", "", 0, content=label)
    return renderer.render([link, text, Token("link_close", "a", -1)], options, env)


def _link_close(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """With the host it leads to, where the words of the link do not say it."""
    opening = next(number for number in range(index, -1, -1) if tokens[number].type == "link_open")
    host = _host(str(tokens[opening].attrs.get("href", "")))
    label = renderer.renderInlineAsText(tokens[opening + 1 : index], options, env).strip()
    if not host or host == _host(label if "//" in label else f"//{label}"):
        return "</a>"
    return f'</a> <span class="link-host">{escape(host)}</span>'


def _cell(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """Its alignment as an attribute: our pages allow no styles in the markup."""
    token = tokens[index]
    if style := token.attrs.pop("style", None):
        token.attrs["align"] = str(style).removeprefix("text-align:")
    return renderer.renderToken(tokens, index, options, env)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True})
    parser.enable(["table", "strikethrough", "linkify"])
    parser.use(tasklists_plugin, label=True).use(maths_plugin).use(notes_plugin)
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("code_block", _fence)
    parser.add_render_rule("image", _image)
    parser.add_render_rule("link_close", _link_close)
    parser.add_render_rule("th_open", _cell)
    parser.add_render_rule("td_open", _cell)
    return parser


_PARSER = _parser()


def render_blocks(text: str) -> list[str]:
    return [html for _, html in _blocks(text)]


def render(text: str) -> str:
    """The blocks as they stand on a page, each in a container that a stream can replace."""
    blocks = enumerate(render_blocks(text))
    return "".join(f'<div data-block="{index}">{html}</div>' for index, html in blocks)


def code_blocks(text: str) -> list[tuple[str, str]]:
    """The language and the code of each block that `render` shows as code, in their order there."""
    fences = (token for token in _PARSER.parse(text) if token.type in ("fence", "code_block"))
    return [(language, token.content) for token in fences if (language := _language(token)) != "math"]


def _blocks(text: str) -> list[Block]:
    """Pairs of a block's first line and its HTML. The notes, gathered at the end, have no line."""
    tokens = _PARSER.parse(text)
    blocks: list[Block] = []
    start = depth = 0
    for end, token in enumerate(tokens, 1):
        depth += token.nesting
        if depth == 0:
            first_line = tokens[start].map[0] if tokens[start].map else None
            html = _PARSER.renderer.render(tokens[start:end], _PARSER.options, {})
            blocks.append((first_line, sanitise(html)))
            start = end
    return blocks


class BlockStream:
    """A growing text as blocks. Only the end of it is parsed again, and the longer that is the more seldom,
    so that the work grows with the text and not with its square."""

    # A block that what follows may still join, such as a list whose next number is half there, and the last.
    _UNSETTLED = 2
    # Below this many characters the end is parsed each time; above when it has grown by this part.
    _SHORT = 4000
    _GROWTH = 1 / 16

    def __init__(self) -> None:
        self._text = ""
        self._blocks: list[str] = []
        self._stable = 0
        self._stable_blocks = 0
        self._due = 0

    def update(self, text: str) -> list[tuple[int, str]]:
        """`text` is the whole text so far; returns the blocks that changed, with their index."""
        text = _LINE_END.sub("\n", text)
        if text == self._text:
            return []
        self._text = text
        if len(text) < self._due:
            return []
        tail = text[self._stable :]
        self._due = len(text) + int(len(tail) * self._GROWTH) if len(tail) > self._SHORT else 0
        found = [(line, html) for line, html in _blocks(tail) if line is not None]
        changed = self._replace(self._stable_blocks, [html for _, html in found])
        settled = len(found) - self._UNSETTLED
        if settled > 0:
            self._stable += _offset(tail, found[settled][0])
            self._stable_blocks += settled
        return changed

    def finish(self, text: str) -> list[tuple[int, str]]:
        """The whole text once more: a late definition of a link or a note may change an early block."""
        return self._replace(0, render_blocks(_LINE_END.sub("\n", text)))

    def _replace(self, first: int, blocks: list[str]) -> list[tuple[int, str]]:
        """Puts `blocks` from `first` on; one that is no longer there is told as empty."""
        before = self._blocks[first:]
        self._blocks[first:] = blocks
        padded = blocks + [""] * (len(before) - len(blocks))
        return [
            (first + index, html)
            for index, html in enumerate(padded)
            if index >= len(before) or before[index] != html
        ]


def _offset(text: str, line: int) -> int:
    offset = 0
    for _ in range(line):
        offset = text.index("\n", offset) + 1
    return offset
