"""Code → coloured HTML. Everything in it is escaped; only `<span class>` is added."""

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# Colouring is for reading; past this many characters it would only hold up the page.
MAX_HIGHLIGHTED = 50_000
_FORMATTER = HtmlFormatter(nowrap=True)


def coloured(code: str, language: str) -> str:
    if not language or len(code) > MAX_HIGHLIGHTED:
        return escape(code)
    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code)
    return str(highlight(code, lexer, _FORMATTER))
