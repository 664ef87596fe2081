"""S3 away, or half there: clear errors, and nothing left behind (battery F05)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from tests import profile
from tests.chat.attachments import samples
from tests.chat.attachments.conftest import Upload
from tests.chat.attachments.s3_server import S3Server
from tests.portal_process import PortalProcess
from usage.models import UsageRecord

pytestmark = pytest.mark.skipif(profile.PROFILE != "scale", reason="files are on the disk here")


def is_unavailable(response: httpx.Response) -> bool:
    told = response.json()["error"]["message"]
    return response.status_code == 503 and "storage" in told and "retry-after" in response.headers


def age_what_is_doomed() -> None:
    from chat.models import DoomedObject

    DoomedObject.objects.update(since=timezone.now() - timedelta(hours=2))


def test_an_upload_meanwhile_leaves_no_row_and_no_object_f05(
    upload: Upload, s3: S3Server, alice: Any, sweep: Callable[[], Any]
) -> None:
    from chat.models import DoomedObject

    before = s3.keys()
    files = (("a.txt", b"Not stored"), ("b.png", samples.image()))
    with s3.away():
        assert is_unavailable(upload(*files))
    with s3.losing_answers():
        assert is_unavailable(upload(*files))
    assert not alice.stored_files.exists()
    age_what_is_doomed()
    sweep()
    assert s3.keys() == before
    assert not DoomedObject.objects.exists()
    assert upload(*files).status_code == 201


def test_all_of_an_upload_or_nothing_f05(upload: Upload, s3: S3Server, alice: Any) -> None:
    before = s3.keys()
    assert upload(("a.txt", b"Fine"), ("b.pdf", b"%PDF-broken")).status_code == 400
    assert s3.keys() == before
    assert not alice.stored_files.exists()


def test_a_download_meanwhile_is_a_503_f05(
    uploaded: Any, api: httpx.Client, portal: PortalProcess, s3: S3Server
) -> None:
    made = uploaded("a.png", samples.image())
    with s3.away():
        for path in (made["url"], made["previewUrl"]):
            assert is_unavailable(api.get(portal.url + path))
        assert api.get(f"/chat/attachments/{made['id']}").status_code == 200
    assert api.get(portal.url + made["url"]).content == samples.image()


def test_a_question_meanwhile_is_a_503_and_costs_nothing_f05(
    uploaded: Any, portal: PortalProcess, s3: S3Server, alice: Any, make_key: Any, make_model: Any
) -> None:
    made = uploaded("a.png", samples.image())
    model = make_model(capabilities=["chat", "vision"])
    question = {"role": "user", "content": "What is it?"}
    body = {"model": model.name, "messages": [question], "attachments": [{"id": made["id"]}]}
    headers = {"x-api-key": make_key(alice, "chat", "vision")}
    with s3.away():
        answer = httpx.post(f"{portal.api}/chat/completions", json=body, headers=headers, timeout=30)
    assert is_unavailable(answer)
    assert not UsageRecord.objects.filter(user=alice).exists()


def test_a_deletion_meanwhile_is_made_up_for_f05(
    uploaded: Any, api: httpx.Client, s3: S3Server, alice: Any, sweep: Callable[[], Any]
) -> None:
    made = uploaded("a.png", samples.image())
    keys = set(alice.stored_files.get().keys)
    with s3.away():
        assert api.delete(f"/chat/attachments/{made['id']}").status_code == 204
    assert keys <= s3.keys()
    age_what_is_doomed()
    sweep()
    assert not keys & s3.keys()
