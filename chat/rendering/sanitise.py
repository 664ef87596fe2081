"""The last gate before a browser: only these tags and attributes leave (battery W02)."""

import nh3

_TAGS = set(
    [
        "p",
        "br",
        "hr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "strong",
        "em",
        "s",
        "del",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
        "div",
        "span",
        "button",
        "input",
        "sup",
        "sub",
    ]
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "div": {"class"},
    "span": {"class"},
    "pre": {"class"},
    "li": {"class"},
    "ul": {"class"},
    "ol": {"start"},
    "button": {"type", "class"},
    "input": {"type", "class", "checked", "disabled"},
    "th": {"align"},
    "td": {"align"},
}


def sanitise(html: str) -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
