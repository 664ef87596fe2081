"""`/profile/data`: a ZIP of everything, made in the background, in both set-ups."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.utils import timezone

from tests import profile
from tests.portal_process import PortalProcess, celery_worker

SignIn = Callable[..., httpx.Client]
MODEL = "Waymore-A1-Instruct-1011"


@pytest.fixture(scope="module", autouse=True)
def _worker(portal: PortalProcess) -> Any:
    """At scale tasks are a Celery worker's; in the embedded default nothing else runs."""
    if profile.PROFILE != "scale":
        yield
        return
    with celery_worker(portal.variables):
        yield


def post(browser: httpx.Client, path: str = "/profile/data") -> httpx.Response:
    return browser.post(path, data={"csrfmiddlewaretoken": browser.cookies["csrftoken"]})


@pytest.fixture
def exported(
    sign_in_by_form: SignIn, eventually: Any
) -> Callable[[Any], tuple[httpx.Client, httpx.Response]]:
    def export(user: Any) -> tuple[httpx.Client, httpx.Response]:
        browser = sign_in_by_form(user)
        assert "data-under-way" in post(browser).text or user.data_exports.get().state == "ready"
        eventually(lambda: user.data_exports.get().state == "ready", 30)
        assert 'id="download"' in browser.get("/profile/data?part").text
        return browser, browser.get(f"/profile/data/{user.data_exports.get().public_id}")

    return export


def test_it_holds_everything_and_no_secret_k01(
    exported: Any, alice: Any, api: httpx.Client, secret: str
) -> None:
    from accounts.profile.services import update_profile
    from apikeys.services import create_key
    from chat.conversations import answers, turns
    from chat.conversations.services import edit_session
    from chat.models.conversation import MessageStatus

    update_profile(user=alice, changes={"instructions": "Like a cat."})
    create_key(user=alice, name="=HYPERLINK(1)", permissions=["chat"])
    question = {"role": "user", "content": "Hi"}
    api.post("/chat/completions", json={"model": MODEL, "messages": [question]})
    answer = turns.ask(user=alice, question=turns.Question("Grüß Gott 🐈", MODEL)).answer
    edit_session(session=answer.session, pinned=True, folder="Cats")
    answers.finish(answer, status=MessageStatus.COMPLETE, end=answers.End("Meow"))

    _, download = exported(alice)
    with zipfile.ZipFile(io.BytesIO(download.content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    everything = "".join(files.values())
    assert secret not in everything
    assert all(key.secret_digest not in everything for key in alice.api_keys.all())
    account = json.loads(files["account/profile.json"])
    assert (account["email"], account["instructions"]) == (alice.email, "Like a cat.")
    assert "signed_in" in files["account/security-log.json"]
    assert {key["name"] for key in json.loads(files["keys/keys.json"])} == {"A key", "=HYPERLINK(1)"}
    session = json.loads(files["chat/sessions.json"])[0]
    assert (session["pinned"], session["archived"], session["folder"]) == (True, False, "Cats")
    said = json.loads(files[f"chat/sessions/{session['id']}.json"])
    assert [turn["text"] for turn in said] == ["Grüß Gott 🐈", "Meow"]
    assert (said[0]["attachments"], said[0]["parts"]) == ([], None)
    (used,) = json.loads(files["usage/requests.json"])
    (line,) = csv.DictReader(io.StringIO(files["usage/requests.csv"]))
    assert line["model"] == MODEL
    assert used["cost"] == line["cost"] == "0.000000000"


def test_an_empty_account_exports_as_well(exported: Any, bob: Any) -> None:
    _, download = exported(bob)
    with zipfile.ZipFile(io.BytesIO(download.content)) as archive:
        assert json.loads(archive.read("chat/sessions.json")) == []
        assert json.loads(archive.read("usage/requests.json")) == []


def test_only_its_owner_gets_it_and_as_a_file(
    exported: Any, sign_in_by_form: SignIn, alice: Any, bob: Any, portal: PortalProcess
) -> None:
    browser, download = exported(alice)
    path = download.url.path
    assert download.headers["content-type"] == "application/zip"
    assert download.headers["content-disposition"].startswith('attachment; filename="llm-portal-')
    assert download.headers["x-content-type-options"] == "nosniff"
    assert download.headers["cache-control"] == "private, no-store"
    assert download.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert len(download.content) == int(download.headers["content-length"])
    assert sign_in_by_form(bob).get(path).status_code == 404
    assert httpx.get(f"{portal.url}{path}").status_code == 302
    assert browser.get("/profile/data/exp_nonsense").status_code == 404
    assert "export_downloaded" in [line.event for line in alice.security_events.all()]
    assert len(alice.data_exports.get().file.name) > 45, "the key cannot be guessed"


def test_it_expires_and_is_swept_with_its_file(exported: Any, alice: Any) -> None:
    from accounts.data_export import sweep_exports
    from accounts.models import DataExport

    browser, download = exported(alice)
    file = alice.data_exports.get().file
    DataExport.objects.filter(user=alice).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser.get(download.url.path).status_code == 404
    assert 'id="download"' not in browser.get("/profile/data").text
    sweep_exports()
    assert not alice.data_exports.exists()
    assert not file.storage.exists(file.name)


def test_a_new_one_takes_the_old_ones_place(exported: Any, alice: Any) -> None:
    _, first = exported(alice)
    file = alice.data_exports.get().file
    browser, second = exported(alice)
    assert first.url.path != second.url.path
    assert browser.get(first.url.path).status_code == 404
    assert not file.storage.exists(file.name)


def test_one_at_a_time_and_none_stands_still_for_ever(alice: Any) -> None:
    from accounts.data_export import begin_export, sweep_exports
    from accounts.models import DataExport

    row = DataExport.objects.create(user=alice)
    assert begin_export(user=alice) == row
    DataExport.objects.filter(pk=row.pk).update(updated_at=timezone.now() - timedelta(hours=2))
    sweep_exports()
    row.refresh_from_db()
    assert row.state == "failed"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1", "＝1", "\n=1"])
def test_no_cell_becomes_a_formula_w09(text: str) -> None:
    from portal.web.spreadsheets import cell

    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("value", ["a=1", "1", "", -1, 2.5, None])
def test_other_cells_stay_as_they_are(value: Any) -> None:
    from portal.web.spreadsheets import cell

    assert cell(value) == value
