"""Notes as their author meant them: Markdown, by the renderer of answers."""

import re

import nh3
from django.utils.safestring import SafeString, mark_safe

from portal.rendering.markdown import render

_HEADING = re.compile(r"<(/?)h[1-6]\b[^>]*>")
# Of a preview: nothing to press, no headings among those of the page.
_TAGS = {
    "p", "blockquote", "br", "ol", "ul", "li", "hr", "strong", "em", "s", "code", "pre", "div", "span",
    "sup", "sub", "table", "thead", "tbody", "tr", "th", "td", "mark",
}  # fmt: skip
_CLASSES = {tag: {"class"} for tag in ("div", "span", "pre")}
_CLEANER = nh3.Cleaner(tags=_TAGS, attributes=_CLASSES, clean_content_tags={"button", "math"})


def whole_note(text: str) -> SafeString:
    return mark_safe(render(text))  # noqa: S308 - the renderer sanitises it


def beginning_of_note(text: str) -> SafeString:
    html = _HEADING.sub(lambda found: f"<{found[1]}p>", render(text))
    return mark_safe(_CLEANER.clean(html))  # noqa: S308 - cleaned
