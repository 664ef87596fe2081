"""What a file is: by its content. Among texts, which are all alike harmless, its name says which."""

from enum import StrEnum


class Kind(StrEnum):
    IMAGE = "image"
    DOCUMENT = "document"
    DATA = "data"
    CODE = "code"


PNG, JPEG, GIF, WEBP = "image/png", "image/jpeg", "image/gif", "image/webp"
PDF = "application/pdf"
DOC = "application/msword"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TEXT = "text/plain"
CSV, JSON, XML = "text/csv", "application/json", "application/xml"
# Not yet known which: an archive of Microsoft's two kinds may hold anything.
ZIP, COMPOUND = "zip", "compound"

_SIGNATURES = (
    (b"%PDF-", PDF),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", COMPOUND),
)
IMAGES = frozenset([PNG, JPEG, GIF, WEBP])
# What a file of this type is called, the usual ending first.
ENDINGS = {
    PNG: ("png",), JPEG: ("jpg", "jpeg", "jpe", "jfif"), GIF: ("gif",), WEBP: ("webp",), PDF: ("pdf",),
    DOC: ("doc", "dot"), DOCX: ("docx", "docm", "dotx"),
}  # fmt: skip
HEAD = 16
_DATA = {"csv": CSV, "tsv": CSV, "json": JSON, "jsonl": JSON, "ndjson": JSON, "xml": XML, "svg": XML}
_CODE = frozenset([
    "py", "pyi", "js", "mjs", "cjs", "ts", "tsx", "jsx", "java", "kt", "kts", "scala", "c", "h", "cc",
    "cpp", "cxx", "hpp", "cs", "go", "rs", "rb", "php", "pl", "pm", "swift", "m", "mm", "r", "jl",
    "lua", "dart", "ex", "exs", "erl", "hs", "clj", "cljs", "elm", "fs", "vb", "sql", "sh", "bash",
    "zsh", "fish", "ps1", "bat", "cmd", "html", "htm", "css", "scss", "sass", "less", "vue", "svelte",
    "yaml", "yml", "toml", "ini", "cfg", "conf", "properties", "env", "dockerfile", "makefile",
    "cmake", "gradle", "tf", "proto", "graphql", "tex", "bib", "ipynb", "diff", "patch", "asm", "s",
    "lisp", "scm", "ml", "mli", "nim", "zig", "sol", "vhd", "v",
])  # fmt: skip


def signed(head: bytes) -> str | None:
    """What the first bytes say; None for what may be text."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    return next((media_type for sign, media_type in _SIGNATURES if head.startswith(sign)), None)


def of_text(ending: str, text: str, is_json: bool) -> tuple[Kind, str]:
    """Of what turned out to be text: what it holds, else what its name's ending claims."""
    if is_json and ending != "ipynb":
        return Kind.DATA, JSON
    if ending in _CODE:
        return Kind.CODE, TEXT
    if text.lstrip("\ufeff \r\n\t").startswith("<?xml"):
        return Kind.DATA, XML
    if ending in _DATA:
        return Kind.DATA, _DATA[ending]
    return Kind.DOCUMENT, TEXT
