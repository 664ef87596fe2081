"""Code → coloured HTML, with its language and a copy button above."""

from html import escape

from portal.web.highlight import coloured


def code_block(code: str, language: str) -> str:
    label = escape(language or "text")
    return (
        f'<div class="code-block"><div class="code-head"><span class="code-lang">{label}</span>'
        '<button type="button" class="copy-code">Copy</button></div>'
        f'<pre class="highlight"><code>{coloured(code, language)}</code></pre></div>\n'
    )
