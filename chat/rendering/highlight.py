"""Code → coloured HTML, with its language and a copy button above."""

from html import escape

from django.utils.translation import gettext, gettext_lazy
from pygments import highlight as pygments_highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# Colouring is for reading; past this many characters it would only hold up the answer.
MAX_HIGHLIGHTED = 50_000
# Drawing it takes a large program of somebody else's (docs/decisions/0010-diagrams-stay-code.md).
_DIAGRAMS = {"mermaid": gettext_lazy("a diagram, as its source")}
_FORMATTER = HtmlFormatter(nowrap=True)


def code_block(code: str, language: str) -> str:
    label, copy = escape(language or "text"), escape(gettext("Copy"))
    if language in _DIAGRAMS:
        label += f'<span class="code-note">{escape(str(_DIAGRAMS[language]))}</span>'
    return (
        f'<div class="code-block"><div class="code-head"><span class="code-lang">{label}</span>'
        f'<button type="button" class="copy-code">{copy}</button></div>'
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
