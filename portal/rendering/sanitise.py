"""The last gate before a browser: only these tags and attributes leave (battery W02).

Of MathML what draws a formula, and nothing that leads, loads, acts or lets other markup in: no `href`, no
`maction`, no `mglyph`, no `semantics` with its annotations, no styles.
"""

import nh3

_TEXT = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "th", "td"}
_HTML = _TEXT | {
    "a", "blockquote", "br", "ol", "ul", "hr", "strong", "em", "s", "del", "code", "pre", "table",
    "thead", "tbody", "tr", "div", "span", "button", "input", "label", "sup", "sub",
}  # fmt: skip
_MATHML = {
    "math", "mrow", "mi", "mo", "mn", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup",
    "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr", "mtd",
    "mpadded", "mphantom", "mstyle", "menclose", "merror",
}  # fmt: skip
_MATHML_ATTRIBUTES = {
    "accent", "accentunder", "alttext", "class", "columnspan", "depth", "display", "displaystyle", "fence",
    "form", "height", "largeop", "linethickness", "lspace", "mathvariant", "maxsize", "minsize",
    "movablelimits", "notation", "rowspan", "rspace", "scriptlevel", "separator", "stretchy", "symmetric",
    "voffset", "width",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "div": {"class"},
    "span": {"class"},
    "pre": {"class"},
    "code": {"class"},
    "li": {"class"},
    "ul": {"class"},
    "ol": {"start"},
    "button": {"type", "class"},
    "input": {"type", "class", "checked", "disabled"},
    "th": {"align"},
    "td": {"align"},
    **{tag: _MATHML_ATTRIBUTES for tag in _MATHML},
}
# Each piece of text runs the way its own letters do; code runs from left to right.
_SET = {"a": {"target": "_blank"}, "pre": {"dir": "ltr"}, **{tag: {"dir": "auto"} for tag in _TEXT}}


# Made once: to make one costs forty times as much as to clean a paragraph.
_CLEANER = nh3.Cleaner(
    tags=_HTML | _MATHML,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel="noopener noreferrer nofollow",
    set_tag_attribute_values=_SET,
)


def sanitise(html: str) -> str:
    return _CLEANER.clean(html)
