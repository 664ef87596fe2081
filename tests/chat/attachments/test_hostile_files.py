"""Files made to do harm: refused, or cut, within limits, while the portal goes on (battery W05)."""

import threading
import time
from typing import Any

import httpx
import pytest

from tests.chat.attachments import samples
from tests.chat.attachments.conftest import Upload

LOL = b"<w:p><w:r><w:t>&lol9;</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("zip-bomb.docx", lambda: samples.docx(*[b"<w:r></w:r>" * 100_000] * 50), "unpacks to more than"),
        ("xml-bomb.docx", lambda: samples.docx(LOL, before=samples.xml_bomb().encode()), "declares XML"),
        ("nested.docx", lambda: samples.docx(b"<w:p><w:r>" * 500_000), "is damaged"),
        ("nested.pdf", samples.nested_pdf, "has no text"),
        ("bomb.pdf", samples.pdf_bomb, "needs more memory"),
        ("scan.pdf", lambda: samples.pdf("", ""), "looks like a scan"),
        ("broken.pdf", lambda: samples.pdf("Hello")[:120], "is damaged"),
        ("encrypted.pdf", samples.encrypted_pdf, "is encrypted"),
        ("encrypted.docx", lambda: samples.compound({"EncryptedPackage": b"x"}), "is encrypted"),
        ("encrypted.doc", lambda: samples.doc("Hello", flags=0x0300), "is encrypted"),
        ("broken.doc", lambda: samples.doc("Hello")[:3000], "is damaged"),
        ("broken.docx", lambda: samples.docx(samples.paragraph("Hello"))[:100], "is damaged"),
        ("bomb.png", samples.image_bomb, "is too large: 50,000 × 50,000 pixels"),
        ("broken.jpg", lambda: samples.image("JPEG")[:300], "is damaged"),
        ("lying.png", lambda: b"\x89PNG\r\n\x1a\n" + b"x" * 100, "is damaged"),
    ],
)  # fmt: skip
def test_it_is_refused_with_its_reason_w05(
    upload: Upload, alice: Any, name: str, make: Any, said: str
) -> None:
    begun = time.monotonic()
    response = upload((name, make()))
    assert response.status_code == 400, response.text
    message = response.json()["error"]["message"]
    assert message.startswith(f"{name} ")
    assert said in message
    assert time.monotonic() - begun < 60
    assert not alice.stored_files.exists()


def test_a_document_of_ten_thousand_pages_is_cut_w05(uploaded: Any) -> None:
    made = uploaded("long.pdf", samples.pdf(*(f"Page {number}" for number in range(10_000))))
    assert made["pages"] == 10_000
    assert made["message"] == "Only the first 2,000 of 10,000 pages are read."


def test_a_text_beyond_all_reading_is_cut_w05(uploaded: Any) -> None:
    made = uploaded("deep.json", b"[" * 3_000_000)
    assert (made["type"], made["message"]) == (
        "application/json",
        "Only the first 2,000,000 characters are read.",
    )


def test_the_portal_answers_meanwhile_w05(upload: Upload, api: httpx.Client) -> None:
    bomb = samples.pdf_bomb()
    uploads = [threading.Thread(target=upload, args=((f"{number}.pdf", bomb),)) for number in range(4)]
    for each in uploads:
        each.start()
    while any(each.is_alive() for each in uploads):
        begun = time.monotonic()
        assert api.get("/models").status_code == 200
        assert time.monotonic() - begun < 10
    assert upload(("after.txt", b"Still here")).status_code == 201


def test_a_reader_can_open_nothing_w05(tmp_path: Any) -> None:
    """Neither files nor connections: what a file may do to its reader stays inside."""
    import subprocess
    import sys

    code = (
        "import socket\n"
        "from portal.confinement import give_up\n"
        "give_up(memory=1 << 30, seconds=9, output=9)\n"
        "for attempt in (lambda: open('/etc/hostname'), socket.socket, lambda: bytearray(2 << 30)):\n"
        "    try:\n        attempt()\n        print('done')\n"
        "    except (OSError, MemoryError) as error:\n        print(type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout.split() == ["OSError", "OSError", "MemoryError"], done.stderr
