"""`/mcp`: agents search, read and save their person's stuff, through the protocol's own SDK."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import httpx2
import pytest
from mcp import MCPError
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests import asynchronous
from tests.portal_process import ROOT, PortalProcess

TUTORIAL = ROOT / "chat/gateway/upstreams/builtin/tutorials/59-agents.md"
# The protocol without sessions, and the one with a handshake that most clients still speak.
MODES = ["auto", "legacy"]
LIST = {"jsonrpc": "2.0", "id": 7, "method": "tools/list"}
Do = Callable[[Client], Awaitable[Any]]


@pytest.fixture
def agent(portal: PortalProcess, secret: str) -> Callable[..., Any]:
    """Connects as an agent does, and does something."""

    def run(do: Do, *, mode: str = "auto", key: str = secret, header: str = "authorization") -> Any:
        value = f"Bearer {key}" if header == "authorization" else key

        async def connected() -> Any:
            async with httpx2.AsyncClient(headers={header: value}, timeout=60) as http:
                transport = streamable_http_client(f"{portal.url}/mcp", http_client=http)
                async with Client(transport, mode=mode) as client:
                    return await do(client)

        try:
            return asynchronous.run(connected())
        except BaseExceptionGroup as group:
            raise only(group) from None

    return run


def only(error: BaseException) -> BaseException:
    """What the SDK's task groups have wrapped."""
    while isinstance(error, BaseExceptionGroup):
        [error] = error.exceptions
    return error


@pytest.fixture
def call(agent: Any) -> Callable[..., Any]:
    """What a tool gives; a list with the reason where it fails."""

    def run(tool: str, key: str | None = None, **arguments: Any) -> Any:
        options = {} if key is None else {"key": key}
        result = agent(lambda client: client.call_tool(tool, arguments), **options)
        if result.is_error:
            return [result.content[0].text]
        assert json.loads(result.content[0].text) == result.structured_content
        return result.structured_content

    return run


@pytest.fixture
def post(portal: PortalProcess) -> Iterator[Callable[..., httpx.Response]]:
    """A call without the SDK."""
    with httpx.Client(base_url=portal.url, timeout=30) as client:

        def send(key: str | None, body: Any = LIST, **headers: str) -> httpx.Response:
            given = {} if key is None else {"authorization": f"Bearer {key}"}
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            more = {name.replace("_", "-"): value for name, value in headers.items()}
            return client.post(
                "/mcp", content=content, headers={"content-type": "application/json", **given, **more}
            )

        yield send


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("header", ["authorization", "x-api-key"])
def test_an_agent_saves_finds_and_reads(agent: Any, collection: Any, mode: str, header: str) -> None:
    finding = {"title": "Grouping in pandas", "content": "df.groupby('a').sum()", "type": "CODE",
               "tags": ["pandas"], "collectionId": collection["id"]}  # fmt: skip

    async def work(client: Client) -> tuple[Any, Any, Any, Any]:
        saved = await client.call_tool("save_stuff", finding)
        found = await client.call_tool("search_stuff", {"query": "groupby type:code"})
        whole = await client.call_tool("read_stuff", {"id": found.structured_content["items"][0]["id"]})
        listed = await client.call_tool("list_collections", {})
        return tuple(each.structured_content for each in (saved, found, whole, listed))  # type: ignore[return-value]

    saved, found, whole, listed = agent(work, mode=mode, header=header)
    [hit] = found["items"]
    assert (hit["id"], hit["excerpt"], hit["tags"]) == (saved["id"], "df.groupby('a').sum()", ["pandas"])
    assert found["nextCursor"] is None
    assert whole["content"] == finding["content"]
    assert whole["collections"] == saved["collections"] == [{"id": collection["id"], "name": "A collection"}]
    assert whole["url"].endswith(f"/stuff/{saved['id']}")
    assert [(each["name"], each["itemCount"]) for each in listed["collections"]] == [("A collection", 1)]


def test_what_an_agent_saves_is_where_its_person_looks(call: Any, api: httpx.Client) -> None:
    saved = call("save_stuff", title="A finding", content="42")
    item = api.get(f"/stuff/{saved['id']}").json()
    assert (item["type"], item["title"], item["content"]) == ("NOTE", "A finding", "42")


def test_tools_say_what_they_take_and_give(agent: Any) -> None:
    tools = {tool.name: tool for tool in agent(lambda client: client.list_tools()).tools}
    assert set(tools) == {"search_stuff", "read_stuff", "save_stuff", "list_collections"}
    for tool in tools.values():
        assert tool.description
        assert tool.input_schema["type"] == tool.output_schema["type"] == "object"
        assert not tool.input_schema["additionalProperties"]
        assert tool.annotations.read_only_hint is (tool.name != "save_stuff")
    assert tools["save_stuff"].input_schema["required"] == ["title", "content"]
    assert tools["read_stuff"].input_schema["required"] == ["id"]


def test_lists_come_in_pages(call: Any, keep: Any, api: httpx.Client) -> None:
    for number in range(5):
        keep(f"Note {number}")
        api.post("/collections", json={"name": f"Collection {number}"})
    titles, cursor = [], None
    while cursor or not titles:
        page = call("search_stuff", limit=2, **({"cursor": cursor} if cursor else {}))
        titles += [item["title"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert titles == [f"Note {number}" for number in (4, 3, 2, 1, 0)]
    page = call("list_collections", limit=3)
    rest = call("list_collections", limit=3, cursor=page["nextCursor"])
    names = [each["name"] for each in (*page["collections"], *rest["collections"])]
    assert (len(names), rest["nextCursor"]) == (5, None)


def test_a_long_content_is_read_in_parts(call: Any, keep: Any) -> None:
    made = keep("Long", "x" * 50_000 + "the end")["id"]
    first = call("read_stuff", id=made)
    assert (len(first["content"]), first["characters"], first["nextOffset"]) == (50_000, 50_007, 50_000)
    rest = call("read_stuff", id=made, offset=first["nextOffset"])
    assert (rest["content"], rest["nextOffset"]) == ("the end", None)


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("search_stuff", {"limit": 1000}, "limit: "),
        ("search_stuff", {"limit": "10"}, "limit: "),
        ("search_stuff", {"query": "a\x00b"}, "search: "),
        ("search_stuff", {"cursor": "mine"}, "cursor: "),
        ("search_stuff", {"type": "POEM"}, "type: "),
        ("search_stuff", {"words": "pandas"}, "words: there is no such field"),
        ("read_stuff", {}, "id: this field is required"),
        ("read_stuff", {"id": "stf_0"}, "There is no such item."),
        ("save_stuff", {"title": "T"}, "content: this field is required"),
        ("save_stuff", {"title": "T", "content": "\x00"}, "content: NUL"),
        ("save_stuff", {"title": "T", "content": " "}, "content: 1 to 200,000 characters."),
        ("save_stuff", {"title": "T", "content": "ftp://x", "type": "LINK"}, "content: of a link"),
        ("save_stuff", {"title": "T", "content": "x", "tags": ["a,b"]}, "tags[0]: no commas"),
        (
            "save_stuff",
            {"title": "T", "content": "x", "collectionId": "col_0"},
            "There is no such collection",
        ),
    ],
)
def test_bad_input_is_told_to_the_model(
    call: Any, api: httpx.Client, tool: str, arguments: Any, reason: str
) -> None:
    [told] = call(tool, **arguments)
    assert told.startswith(reason)
    assert api.get("/stuff").json()["data"] == [], "nothing is kept of what is refused"


def test_an_unknown_tool_is_an_error_of_the_protocol(agent: Any) -> None:
    with pytest.raises(MCPError, match="no tool 'delete_stuff'"):
        agent(lambda client: client.call_tool("delete_stuff", {}))


def test_a_key_sees_only_its_owners_things(
    call: Any, keep: Any, collection: Any, bob: Any, make_key: Any, api: httpx.Client
) -> None:
    mine, his = keep("Mine", "xylophone")["id"], make_key(bob)
    assert call("search_stuff", key=his, query="xylophone")["items"] == []
    assert call("list_collections", key=his)["collections"] == []
    assert call("read_stuff", key=his, id=mine) == ["There is no such item."]
    search = call("search_stuff", key=his, collectionId=collection["id"])
    saved = call("save_stuff", key=his, title="T", content="x", collectionId=collection["id"])
    assert search == saved == ["There is no such collection."]
    assert api.get(f"/collections/{collection['id']}").json()["itemCount"] == 0
    assert call("search_stuff", key=his)["items"] == []


@pytest.mark.parametrize("key", [None, "sk-wm-wrong", "sk-wm-" + "x" * 46])
@pytest.mark.parametrize("mode", MODES)
def test_a_wrong_key_is_refused(post: Any, agent: Any, key: str | None, mode: str) -> None:
    response = post(key)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["x-request-id"].startswith("req_")
    if key is not None:
        with pytest.raises(MCPError, match="Incorrect API key"):
            agent(lambda client: client.list_tools(), key=key, mode=mode)


def test_a_key_that_may_no_longer_is_refused(post: Any, alice: Any, make_key: Any) -> None:
    from apikeys.access import keys_of
    from apikeys.services import revoke_key

    secret = make_key(alice)
    assert post(secret).status_code == 200
    for key in keys_of(alice):
        revoke_key(key=key)
    assert post(secret).status_code == 401
    disabled = make_key(alice)
    keys_of(alice).update(is_enabled=False)
    assert "disabled" in post(disabled).json()["error"]["message"]
    third = make_key(alice)
    type(alice).objects.filter(pk=alice.pk).update(is_active=False)
    assert post(third).status_code == 401


def test_a_key_from_elsewhere_is_refused(post: Any, alice: Any, make_key: Any) -> None:
    response = post(make_key(alice, ip_whitelist=["203.0.113.1"]))
    assert response.status_code == 403
    assert response.json()["error"]["data"] == {"code": "permission_error"}


def test_requests_are_counted_with_the_keys_others(post: Any, agent: Any, alice: Any, make_key: Any) -> None:
    key = make_key(alice, rpm_limit=2)
    assert post(key, {"jsonrpc": "2.0", "method": "notifications/initialized"}).status_code == 202
    assert [post(key).status_code for _ in range(2)] == [200, 200]
    refused = post(key)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    told = refused.json()
    assert (told["id"], told["error"]["data"]["code"]) == (7, "rate_limit_exceeded")
    assert told["error"]["data"]["retryAfter"] == int(refused.headers["retry-after"])
    with pytest.raises(MCPError, match="limit of 2 requests per minute is reached"):
        agent(lambda client: client.list_tools(), key=key)


def test_pages_of_others_may_not_call(post: Any, portal: PortalProcess, secret: str) -> None:
    """The protocol asks for it: DNS rebinding."""
    assert post(secret, origin=portal.url).status_code == 200
    assert post(secret, origin="https://evil.example.org").status_code == 403
    assert post(secret, origin="null").status_code == 403
    assert post(secret, host="evil.example.org").status_code == 403


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_nothing_but_calls(portal: PortalProcess, secret: str, method: str) -> None:
    response = httpx.request(method, f"{portal.url}/mcp", headers={"x-api-key": secret})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert httpx.request(method, f"{portal.url}/mcp").status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"[" * 100_000, 400),
        (b'{"jsonrpc": "2.0", "id": 1}', 400),
        (b"x" * (1024 * 1024 + 1), 413),
    ],
)
def test_what_is_no_call_is_refused(post: Any, secret: str, body: bytes, status: int) -> None:
    assert post(secret, body).status_code == status
    assert post(secret).status_code == 200


def test_the_tutorial_works_as_printed(portal: PortalProcess, secret: str, agent: Any, api: Any) -> None:
    text = TUTORIAL.read_text().replace("http://127.0.0.1:8000", portal.url).replace("YOUR_API_KEY", secret)
    blocks = re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL)
    [claude, curl] = [code for language, code in blocks if language == "bash"]
    [settings] = [json.loads(code) for language, code in blocks if language == "json"]
    [program] = [code for language, code in blocks if language == "python"]

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    [item] = api.get("/stuff").json()["data"]
    assert f"/stuff/{item['id']}\n['A finding']" in done.stdout, done.stderr
    done = subprocess.run(["sh", "-c", curl], capture_output=True, text=True, timeout=60)
    assert json.loads(done.stdout)["result"]["structuredContent"]["collections"] == []
    # The agents themselves are not here: they are told the address and the header that work.
    *command, name, url, option, header = shlex.split(claude)
    assert command == ["claude", "mcp", "add", "--transport", "http"]
    server = settings["mcpServers"][name]
    assert (server["url"], option, header) == (
        url,
        "--header",
        f"Authorization: {server['headers']['Authorization']}",
    )
    bearer = server["headers"]["Authorization"].removeprefix("Bearer ")
    assert url == f"{portal.url}/mcp"
    assert agent(lambda client: client.list_tools(), key=bearer).tools
