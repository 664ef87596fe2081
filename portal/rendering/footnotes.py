"""Notes, `[^1]` with `[^1]: …`, as numbers in the text and a list at its end.

They have no ids: a page shows many answers, and names are nothing for a model to choose there. A small script
of ours finds the note that belongs to a number.
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.footnote.index import footnote_ref

# Looked for first: the plugin's own search goes on to the end of the text for each bracket.
_REFERENCE = re.compile(r"\[\^[^\s\[\]]{1,100}\]")
_FIXED = {
    "footnote_block_open": '<div class="footnotes"><ol>\n',
    "footnote_block_close": "</ol></div>\n",
    "footnote_open": "<li>",
    "footnote_close": "</li>\n",
    "footnote_anchor": "",
}


def notes_plugin(parser: MarkdownIt) -> None:
    parser.use(footnote_plugin, inline=False)
    parser.inline.ruler.at("footnote_ref", _reference)
    parser.add_render_rule("footnote_ref", _number)
    for name in _FIXED:
        parser.add_render_rule(name, _fixed)


def _reference(state: StateInline, silent: bool) -> bool:
    return bool(_REFERENCE.match(state.src, state.pos)) and footnote_ref(state, silent)


def _number(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    number = tokens[index].meta["id"] + 1
    return f'<sup><button type="button" class="note-number">{number}</button></sup>'


def _fixed(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    return _FIXED[tokens[index].type]
