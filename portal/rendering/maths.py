r"""Formulas in Markdown, as MathML: `$…$` and `\(…\)` in a line, `$$…$$` and `\[…\]` on their own.

What a formula may cost is bounded: its length, how deep it nests (the converter recurses, and running out of
stack would end the process), what its macros expand to. Whatever is refused is shown as it was written.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from math_core import LatexError, LatexToMathML

MAX_LENGTH = 3000
MAX_DEPTH = 40
MAX_OUTPUT = 100_000
_CONVERTER = LatexToMathML(max_expansions=50, fancy_error=False)
_CLOSING = {"$$": "$$", r"\[": r"\]", r"\(": r"\)", "$": "$"}
_BLOCK_CLOSING = {"$$": "$$", r"\[": r"\]"}
# "$5, or 5$": begins with a number and goes on in words, with nothing that only a formula has.
_MONEY = re.compile(r"\d[^\\^_=<>+{}]*\s[^\W\d_]{2,}[^\\^_=<>+{}]*")
_STYLE = re.compile(r' style="([^"]*)"')
_CLASSES = {"text-align: right": "math-right", "text-align: left": "math-left", "width: 100%": "math-wide"}


def maths_plugin(parser: MarkdownIt) -> None:
    parser.inline.ruler.before("escape", "math_inline", _inline)
    interrupts = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "math_block", _block, interrupts)
    parser.add_render_rule("math_inline", _render)
    parser.add_render_rule("math_block", _render)


def formula_html(latex: str, is_block: bool) -> str:
    mathml = _mathml(latex.strip(), is_block)
    if mathml is None:
        return f'<code class="math-source">{escape(latex.strip())}</code>'
    return f'<span class="math-block">{mathml}</span>' if is_block else mathml


@lru_cache(maxsize=500)
def _mathml(latex: str, is_block: bool) -> str | None:
    """None for what cannot be converted, or only at a price."""
    if not latex or len(latex) > MAX_LENGTH or _depth(latex) > MAX_DEPTH:
        return None
    try:
        mathml = _CONVERTER.convert_with_local_state(latex, displaystyle=is_block)
    except LatexError:
        return None
    if len(mathml) > MAX_OUTPUT:
        return None
    mathml = _STYLE.sub(_as_class, mathml)
    return mathml.replace("<math", f'<math alttext="{escape(latex)}"', 1)


def _depth(latex: str) -> int:
    depth = deepest = 0
    for part in re.findall(r"\\left\b|\\right\b|\\begin\b|\\end\b|\\[{}]|[{}]", latex):
        if part in ("{", r"\left", r"\begin"):
            depth += 1
            deepest = max(deepest, depth)
        elif part in ("}", r"\right", r"\end"):
            depth -= 1
    return deepest


def _as_class(style: "re.Match[str]") -> str:
    """Our pages allow no style attributes: what columns of equations need of them has a class."""
    names = [name for rule, name in _CLASSES.items() if rule in style[1]]
    return f' class="{" ".join(names)}"' if names else ""


def _render(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    html = formula_html(tokens[index].content, tokens[index].markup in _BLOCK_CLOSING)
    return f"<p>{html}</p>\n" if tokens[index].block else html


def _inline(state: StateInline, silent: bool) -> bool:
    opening = next((mark for mark in _CLOSING if state.src.startswith(mark, state.pos)), None)
    if opening is None:
        return False
    begin = state.pos + len(opening)
    end = _end(state.src, begin, _CLOSING[opening])
    content = state.src[begin:end] if end >= 0 else ""
    if not content.strip() or (opening == "$" and not _is_formula(content, state.src[end + 1 : end + 2])):
        return False
    if not silent:
        token = state.push("math_inline", "math", 0)
        token.content, token.markup = content, opening
    state.pos = end + len(_CLOSING[opening])
    return True


def _end(text: str, begin: int, closing: str) -> int:
    """Where the formula that begins here ends; -1 when it does not."""
    limit = begin + MAX_LENGTH + 1
    end = text.find(closing, begin, limit)
    while closing.startswith("$") and end > 0 and text[end - 1] == "\\":
        end = text.find(closing, end + 1, limit)
    return end


def _is_formula(content: str, after: str) -> bool:
    """Not money: no blank at either end, no digit after, no words after a number."""
    if content != content.strip() or after.isdigit():
        return False
    return not _MONEY.fullmatch(content)


def _block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if state.is_code_block(first):
        return False
    line = _line(state, first)
    opening = next((mark for mark in _BLOCK_CLOSING if line.startswith(mark)), None)
    if opening is None:
        return False
    end = _last_line(state, first, last, opening)
    if end is None:
        return False
    content = state.getLines(first, end + 1, state.blkIndent, False).strip()[2:-2]
    if not content.strip():
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block, token.map = True, [first, end + 1]
        token.content, token.markup = content, opening
        state.line = end + 1
    return True


def _last_line(state: StateBlock, first: int, last: int, opening: str) -> int | None:
    """The line at whose end the formula closes; None when a blank line or another formula comes first."""
    closing = _BLOCK_CLOSING[opening]
    if _line(state, first)[2:].endswith(closing):
        return first
    length = 0
    for number in range(first + 1, last):
        line = _line(state, number)
        length += len(line)
        if line.endswith(closing):
            return number
        if not line or line.startswith(opening) or length > MAX_LENGTH:
            return None
    return None


def _line(state: StateBlock, number: int) -> str:
    if state.sCount[number] < state.blkIndent:
        return ""
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]].rstrip()
