"""Markdown → safe HTML, one string a top-level block.

Stream, history and export all come through here, so they show the same thing.
"""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.tasklists import tasklists_plugin

from chat.rendering.highlight import code_block
from chat.rendering.sanitise import sanitise


def _fence(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    token = tokens[index]
    words = token.info.split()
    return code_block(token.content, words[0] if words else "")


def _image(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """A link: an image would fetch its address as soon as the answer is shown (battery W03)."""
    token = tokens[index]
    link = Token("link_open", "a", 1, attrs={"href": str(token.attrs.get("src", ""))})
    label = renderer.renderInlineAsText(token.children, options, env) or "image"
    text = Token("text", "", 0, content=label)
    return renderer.render([link, text, Token("link_close", "a", -1)], options, env)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True})
    parser.enable(["table", "strikethrough", "linkify"]).use(tasklists_plugin)
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("code_block", _fence)
    parser.add_render_rule("image", _image)
    return parser


_PARSER = _parser()


def render_blocks(text: str) -> list[str]:
    return [html for _, html in _blocks(text)]


def render(text: str) -> str:
    """The blocks as they stand on a page, each in a container that a stream can replace."""
    blocks = enumerate(render_blocks(text))
    return "".join(f'<div data-block="{index}">{html}</div>' for index, html in blocks)


def _blocks(text: str) -> list[tuple[int, str]]:
    """Pairs of a block's first line and its HTML."""
    tokens = _PARSER.parse(text)
    blocks, start = [], 0
    for end, token in enumerate(tokens, 1):
        if token.level == 0 and token.nesting <= 0:
            first_line = tokens[start].map[0] if tokens[start].map else 0
            html = _PARSER.renderer.render(tokens[start:end], _PARSER.options, {})
            blocks.append((first_line, sanitise(html)))
            start = end
    return blocks


class BlockStream:
    """A growing text as blocks. Only the block being written is parsed again."""

    def __init__(self) -> None:
        self._text = ""
        self._stable = 0
        self._blocks: list[str] = []
        self._stable_blocks = 0

    def update(self, text: str) -> list[tuple[int, str]]:
        """`text` is the whole text so far; returns the blocks that changed, with their index."""
        if text == self._text:
            return []
        self._text = text
        tail = text[self._stable :]
        found = _blocks(tail)
        blocks = self._blocks[: self._stable_blocks] + [html for _, html in found]
        changed = self._changed(blocks)
        if len(found) > 1:
            last_line = found[-1][0]
            self._stable += sum(len(line) for line in tail.splitlines(keepends=True)[:last_line])
            self._stable_blocks += len(found) - 1
        return changed

    def finish(self) -> list[tuple[int, str]]:
        """The whole text once more: a late link definition may change an early block."""
        return self._changed(render_blocks(self._text))

    def _changed(self, blocks: list[str]) -> list[tuple[int, str]]:
        padded = blocks + [""] * (len(self._blocks) - len(blocks))
        before, self._blocks = self._blocks, blocks
        return [
            (index, html)
            for index, html in enumerate(padded)
            if index >= len(before) or before[index] != html
        ]
