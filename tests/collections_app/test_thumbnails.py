"""Small pictures of what people keep, made in the background."""

import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from tests import profile
from tests.chat.attachments import samples
from tests.portal_process import PortalProcess, celery_worker


@pytest.fixture(autouse=True, scope="module")
def worker(portal: PortalProcess) -> Iterator[None]:
    """The embedded portal is its own."""
    if profile.PROFILE == "embedded":
        yield
        return
    with celery_worker(portal.variables):
        yield


def test_an_image_among_the_stuff_has_a_small_picture(
    api: httpx.Client, alice: Any, bob: Any, sign_in: Any, keep: Any, eventually: Any
) -> None:
    from chat.attachments import releasing
    from chat.models import DoomedObject, StoredFile

    files = [("files", ("big.png", samples.image(size=(1500, 1200))))]
    [picture] = api.post("/chat/attachments", files=files).json()["data"]
    small = f"/uploads/{picture['id']}?small"
    browser = sign_in(alice)
    # Nobody keeps it yet.
    assert Image.open(io.BytesIO(browser.get(picture["previewUrl"]).content)).width == 1500
    item = keep("Big", picture["url"], type="IMAGE")
    assert f'<img src="{small}"' in browser.get("/stuff").text
    assert f'<img src="{picture["previewUrl"]}"' in browser.get(f"/stuff/{item['id']}").text
    file = eventually(lambda: StoredFile.objects.filter(user=alice).exclude(thumbnail_key="").first(), 60)
    response = browser.get(small)
    thumbnail = Image.open(io.BytesIO(response.content))
    assert (response.headers["content-type"], thumbnail.format, thumbnail.size) == (
        "image/jpeg", "JPEG", (500, 400),
    )  # fmt: skip
    assert sign_in(bob).get(small).status_code == 404
    # It goes with the image.
    alice.content_items.all().delete()
    api.delete(f"/chat/attachments/{picture['id']}")
    releasing.sweep()
    assert not StoredFile.objects.filter(pk=file.pk).exists()
    assert not DoomedObject.objects.filter(key=file.thumbnail_key).exists()


def test_what_is_no_picture_has_none(alice: Any) -> None:
    from chat.attachments.thumbnails import _drawn

    assert _drawn(b"no picture") is None
