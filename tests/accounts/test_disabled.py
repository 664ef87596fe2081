"""A disabled person's keys, sessions, sockets and running answers stop within five seconds (battery Z02)."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.engines.fault_server import fault_server
from tests.portal_process import PortalProcess

SignIn = Callable[..., httpx.Client]
MODEL = "Waymore-A1-Instruct-1011"
SECONDS = 5
NOT_SIGNED_IN = 4401
LONG = "Count to 2000"


def disable(user: Any, operator: Any) -> None:
    from accounts.services import disable_user

    disable_user(user=user, by=operator)


@pytest.fixture
def socket_of(portal: PortalProcess) -> Iterator[Callable[[httpx.Client], ClientConnection]]:
    def make(browser: httpx.Client) -> ClientConnection:
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        url = portal.url.replace("http", "ws") + "/ws/chat"
        opening = connect(url, additional_headers={"Cookie": cookies}, origin=portal.url)  # type: ignore[arg-type]
        return open_sockets.enter_context(opening)

    with ExitStack() as open_sockets:
        yield make


def ask(socket: ClientConnection, text: str = LONG) -> str:
    """Returns the answer's id once it is being written."""
    socket.send(json.dumps({"type": "ask", "session": None, "text": text, "model": MODEL, "ref": "1"}))
    while (frame := json.loads(socket.recv(timeout=10)))["type"] != "asked":
        pass
    return str(frame["answer"]["id"])


def closing_code(socket: ClientConnection, seconds: float = SECONDS) -> int | None:
    deadline = time.monotonic() + seconds
    try:
        while True:
            socket.recv(timeout=max(0.0, deadline - time.monotonic()))
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def message(public_id: str) -> Any:
    from chat.models import Message
    from portal.web.ids import decode

    return Message.objects.get(pk=decode("msg", public_id))


def test_keys_and_sessions_stop_at_once_z02(
    sign_in_by_form: SignIn, api: httpx.Client, alice: Any, operator: Any
) -> None:
    browser = sign_in_by_form(alice)
    assert api.get("/models").status_code == 200
    disable(alice, operator)
    assert api.get("/models").status_code == 401
    asked = {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}]}
    assert api.post("/chat/completions", json=asked).status_code == 401
    assert browser.get("/chat").url.path == "/login"


def test_sockets_and_browser_answers_stop_z02(
    sign_in_by_form: SignIn, socket_of: Any, alice: Any, operator: Any, eventually: Any
) -> None:
    socket = socket_of(sign_in_by_form(alice))
    answer = ask(socket)
    eventually(lambda: message(answer).text)
    disable(alice, operator)
    began = time.monotonic()
    assert closing_code(socket) == NOT_SIGNED_IN
    eventually(lambda: message(answer).status == "failed", SECONDS - (time.monotonic() - began))
    assert "may not use models any more" in message(answer).error
    assert message(answer).usage.error_type == "permission_error"


@pytest.mark.parametrize("server", ["portal", "portal_without_fast_path"])
def test_streams_of_keys_stop_and_say_why_z02(
    request: pytest.FixtureRequest, server: str, alice: Any, operator: Any, secret: str, eventually: Any
) -> None:
    from usage.models import UsageRecord

    running = request.getfixturevalue(server)
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": LONG}]}
    headers = {"x-api-key": secret}
    with httpx.stream("POST", f"{running.api}/chat/completions", json=body, headers=headers) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("data: {")
        disable(alice, operator)
        began = time.monotonic()
        rest = [line for line in lines if line.startswith("data: ")]
    assert time.monotonic() - began < SECONDS
    assert json.loads(rest[-1].removeprefix("data: "))["error"]["type"] == "permission_error"
    row = eventually(lambda: UsageRecord.objects.exclude(status="open").filter(user=alice).first())
    assert (row.status, row.error_type) == ("failed", "permission_error")
    assert row.output_tokens > 0


def test_a_silent_model_server_is_left_z02(
    portal: PortalProcess, alice: Any, operator: Any, secret: str, eventually: Any
) -> None:
    import threading

    from chat.models import Deployment, PublicModel, Upstream
    from usage.models import UsageRecord

    with fault_server() as faults:
        upstream = Upstream.objects.create(name="silent", kind="openai", base_url=faults.base_url)
        model = PublicModel.objects.create(name="silent model")
        Deployment.objects.create(model=model, upstream=upstream, upstream_model="hang")
        body = {"model": "silent model", "messages": [{"role": "user", "content": "Hi"}]}
        answers: list[httpx.Response] = []

        def call() -> None:
            url, headers = f"{portal.api}/chat/completions", {"x-api-key": secret}
            answers.append(httpx.post(url, json=body, headers=headers, timeout=30))

        caller = threading.Thread(target=call)
        caller.start()
        eventually(lambda: faults.requests)
        disable(alice, operator)
        began = time.monotonic()
        caller.join()
    assert time.monotonic() - began < SECONDS
    assert answers[0].status_code == 403
    assert UsageRecord.objects.get(user=alice).error_type == "permission_error"
    model.delete()


def test_a_browser_signed_out_from_afar_loses_its_socket(
    sign_in_by_form: SignIn, socket_of: Any, alice: Any, eventually: Any
) -> None:
    first, second = sign_in_by_form(alice), sign_in_by_form(alice)
    away, here = socket_of(first), socket_of(second)
    answer = ask(away)
    second.post("/profile/browsers/end-others", data={"csrfmiddlewaretoken": second.cookies["csrftoken"]})
    assert closing_code(away) == NOT_SIGNED_IN
    ask(here, "Repeat after me: still here")
    assert message(answer).status == "streaming", "an answer belongs to its person, not to a browser"


def test_a_new_password_ends_other_sockets(sign_in_by_form: SignIn, socket_of: Any, alice: Any) -> None:
    socket = socket_of(sign_in_by_form(alice))
    ask(socket, "Repeat after me: hello")
    alice.set_password("another-horse-1")
    alice.save()
    assert closing_code(socket) == NOT_SIGNED_IN


def test_an_ordinary_sign_out_ends_the_socket_w07(
    sign_in_by_form: SignIn, socket_of: Any, alice: Any
) -> None:
    browser = sign_in_by_form(alice)
    socket = socket_of(browser)
    ask(socket, "Repeat after me: hello")
    browser.post("/logout", data={"csrfmiddlewaretoken": browser.cookies["csrftoken"]})
    assert closing_code(socket) == NOT_SIGNED_IN


def test_those_who_stay_are_left_alone(sign_in_by_form: SignIn, socket_of: Any, alice: Any, bob: Any) -> None:
    socket = socket_of(sign_in_by_form(alice))
    answer = ask(socket, "Count to 100")
    with pytest.raises(TimeoutError):
        closing_code(socket, SECONDS)
    assert message(answer).status == "complete"
