"""Code → coloured HTML, with its language and a copy button above."""

from html import escape

from pygments import highlight as pygments_highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# Colouring is for reading; past this many characters it would only hold up the answer.
MAX_HIGHLIGHTED = 50_000
# What can be drawn (`chat.rendering.diagrams`), when its reader asks for it.
_DIAGRAMS = {"mermaid"}
_FORMATTER = HtmlFormatter(nowrap=True)


def code_block(code: str, language: str) -> str:
    draw = '<button type="button" class="draw-code">Diagram</button>' if language in _DIAGRAMS else ""
    return (
        f'<div class="code-block"><div class="code-head"><span class="code-lang">{escape(language or "text")}'
        f'</span>{draw}<button type="button" class="copy-code">Copy</button></div>'
        f'<pre class="highlight"><code>{_coloured(code, language)}</code></pre></div>\n'
    )


def _coloured(code: str, language: str) -> str:
    if not language or len(code) > MAX_HIGHLIGHTED:
        return escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code)
    return str(pygments_highlight(code, lexer, _FORMATTER))
