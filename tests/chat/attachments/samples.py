"""Files of every kind, harmless and not, made as small as they can be."""

import io
import struct
import zipfile
import zlib

from PIL import Image

_WORD = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'


def pdf(*pages: str, trailer: bytes = b"") -> bytes:
    """A page for each text."""
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for number, text in enumerate(pages):
        stream = b"BT /F1 12 Tf 72 720 Td (%s) Tj ET" % text.encode() if text else b""
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>"
            b"/Contents %d 0 R>>" % (5 + 2 * number)
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size = len(objects) + 1
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (
        size, table, size, trailer, len(out),
    )  # fmt: skip
    return bytes(out)


def encrypted_pdf() -> bytes:
    """Behind a password that nobody knows: its check value fits none."""
    value = b"<" + b"41" * 32 + b">"
    dictionary = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O%s/U%s>>/ID[<00><00>]" % (value, value)
    return pdf("Secret", trailer=dictionary)


def nested_pdf(depth: int = 20_000) -> bytes:
    """Page trees in page trees, and lists in lists."""
    nodes = (b"%d 0 obj<</Type/Pages/Count 1/Kids[%d 0 R]>>endobj\n" % (n, n + 1) for n in range(2, depth))
    lists = b"%d 0 obj%s%sendobj\n" % (depth + 1, b"[" * depth, b"]" * depth)
    catalogue = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    return catalogue + b"".join(nodes) + lists + b"trailer<</Root 1 0 R>>"


def pdf_bomb() -> bytes:
    """A page whose drawing unpacks to two gigabytes."""
    stream = _deflated(b"BT (a) Tj ET " * 80_000, times=2000)
    return (
        b"%%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>"
        b"endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R>>endobj\n4 0 obj<<"
        b"/Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R>>"
    ) % (len(stream), stream)


def docx(*body: bytes, before: bytes = b"") -> bytes:
    """`body` is what the document's XML has in it."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w", force_zip64=True) as document,
    ):
        for piece in (before, _WORD, *body, b"</w:body></w:document>"):
            document.write(piece)
    return out.getvalue()


def paragraph(text: str) -> bytes:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>".encode()


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, b"x")
    return out.getvalue()


def xml_bomb(element: str = "lolz") -> str:
    """A billion laughs."""
    entities = "".join(f'<!ENTITY lol{number} "{f"&lol{number - 1};" * 10}">' for number in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE {element} [<!ENTITY lol0 "lol">{entities}]>'


def doc(text: str, *, flags: int = 0x0200) -> bytes:
    """Word 97's: a compound file of two streams ([MS-CFB], [MS-DOC]), each a few sectors of 512 bytes."""
    words = text.replace("\n", "\r").encode("utf-16-le")
    header = bytearray(0x400)
    pieces = struct.pack("<II", 0, len(words) // 2) + struct.pack("<HIH", 0, 0x400, 0)
    table = b"\x02" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<H8xH", header, 0, 0xA5EC, flags)
    struct.pack_into("<i", header, 0x4C, len(words) // 2)
    struct.pack_into("<II", header, 0x1A2, 0, len(table))
    return compound({"WordDocument": bytes(header) + words, "1Table": table})


def compound(streams: dict[str, bytes]) -> bytes:
    """Sector 0 is the allocation table, sector 1 the directory; streams below 4096 bytes are made as long."""
    free, end, of_table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    chain, data, entries = [of_table, end], b"", [_entry("Root Entry", 5, child=1, start=end, size=0)]
    for number, (name, body) in enumerate(streams.items(), start=1):
        body = body.ljust(-(-max(len(body), 4096) // 512) * 512, b"\0")
        start, count = len(chain), len(body) // 512
        chain += [*range(start + 1, start + count), end]
        right = number + 1 if number < len(streams) else free
        entries.append(_entry(name, 2, right=right, start=start, size=len(body)))
        data += body
    chain += [free] * (128 - len(chain))
    entries += [bytes(128)] * (4 - len(entries))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", free) * 108
    return header + struct.pack("<128I", *chain) + b"".join(entries) + data


def _entry(
    name: str, kind: int, *, child: int = 0xFFFFFFFF, right: int = 0xFFFFFFFF, start: int, size: int
) -> bytes:
    told = (name + "\0").encode("utf-16-le")
    links = struct.pack("<III", 0xFFFFFFFF, right, child)
    return (
        told.ljust(64, b"\0")
        + struct.pack("<HBB", len(told), kind, 1)
        + links
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )


def image(form: str = "PNG", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form, **options)
    return out.getvalue()


def photograph() -> bytes:
    """Turned by its camera, which says who it is and where it was."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "SecretCamera", 6
    exif.get_ifd(0x8825)[1] = "N"
    return image("JPEG", (4000, 2000), exif=exif)


def image_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A PNG of nothing, which unpacks to as many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = _deflated(b"\0" * (width * 3 + 1), times=500)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def _deflated(piece: bytes, times: int) -> bytes:
    """Packed once and repeated: the end, which nobody is to reach, has a wrong checksum."""
    packing = zlib.compressobj(9)
    first, again = (packing.compress(piece) + packing.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * (times - 1) + packing.flush()
