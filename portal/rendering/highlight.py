"""Code → coloured HTML, with its language and a copy button above."""

from html import escape

from django.utils.translation import gettext as _

from portal.web.highlight import coloured

# What can be drawn (`portal.rendering.diagrams`), when its reader asks for it.
_DIAGRAMS = {"mermaid"}


def code_block(code: str, language: str) -> str:
    label, copy, diagram = escape(language or "text"), escape(_("Copy")), escape(_("Diagram"))
    # Shown where what it stands in can be kept: in the chat of its owner.
    save = f'<button type="button" class="save-code">{escape(_("Save"))}</button>'
    draw = f'<button type="button" class="draw-code">{diagram}</button>' if language in _DIAGRAMS else ""
    return (
        f'<div class="code-block"><div class="code-head"><span class="code-lang">{label}</span>'
        f'{draw}{save}<button type="button" class="copy-code">{copy}</button></div>'
        f'<pre class="highlight"><code>{coloured(code, language)}</code></pre></div>\n'
    )
