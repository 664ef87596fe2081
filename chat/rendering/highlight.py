"""Code → coloured HTML, with its language and a copy button above."""

from html import escape

from portal.web.highlight import coloured

# What can be drawn (`chat.rendering.diagrams`), when its reader asks for it.
_DIAGRAMS = {"mermaid"}


def code_block(code: str, language: str) -> str:
    draw = '<button type="button" class="draw-code">Diagram</button>' if language in _DIAGRAMS else ""
    return (
        f'<div class="code-block"><div class="code-head"><span class="code-lang">{escape(language or "text")}'
        f'</span>{draw}<button type="button" class="copy-code">Copy</button></div>'
        f'<pre class="highlight"><code>{coloured(code, language)}</code></pre></div>\n'
    )
