"""`python -m bench.stuff`: how long a search in one person's stuff takes while the table grows tenfold.

A database of its own on the tests' PostgreSQL. A tenth of the rows are one person's, whose searches are timed
as `/api/stuff` answers them, without HTTP: the filters, the page, the relations, the JSON.
"""

import argparse
import importlib
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

SIZES = (10_000, 100_000, 1_000_000)
QUICK_SIZES = (500, 2000)
# Of one person's searches, at the largest size, in milliseconds.
GOAL = 100
OTHERS = 900
_LETTERS, _WORDS, _SENTENCES = "abdefgiklmnoprstuvz", 50_000, 20_000
_TYPES = {"NOTE": 40, "CODE": 30, "LINK": 15, "PROMPT": 10, "IMAGE": 4.9, "FILE": 0.1}
_COLUMNS = (
    "id, user_id, type, title, content, description, language, tags, is_favorite, created_at, updated_at"
)
Searches = dict[str, list[str]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stuff", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two small steps: a first idea, no figures")
    parser.add_argument("--rows", type=int, default=SIZES[-1], help="the largest step")
    arguments = parser.parse_args()
    is_quick = arguments.quick
    sizes, rounds = (QUICK_SIZES, 1) if is_quick else ([s for s in SIZES if s <= arguments.rows], 4)
    with database() as url:
        # Django reads it as it is set up.
        os.environ["DATABASE_URL"] = url
        os.environ.pop("REDIS_URL", None)
        _module("django").setup()
        return report(measured(sizes, rounds), explain=not is_quick)


@contextmanager
def database() -> Iterator[str]:
    """The URL of an empty one."""
    server, name = os.environ["TEST_DATABASE_URL"], f"portal_bench_stuff_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Writer:
    """Items of a language with a few very frequent words and many rare ones. The same each time."""

    def __init__(self) -> None:
        self.random = random.Random(7)
        words = dict.fromkeys(self._word() for _ in range(_WORDS * 2))
        self.words = list(words)[:_WORDS]
        weights = [1 / (rank + 3) for rank in range(len(self.words))]
        drawn = iter(self.random.choices(self.words, weights, k=_SENTENCES * 10))
        self.sentences = [" ".join(next(drawn) for _ in range(10)) for _ in range(_SENTENCES)]
        self.tags = self.words[50:250]
        self.tag_weights = [1 / (rank + 1) for rank in range(len(self.tags))]

    def _word(self) -> str:
        return "".join(self.random.choices(_LETTERS, k=self.random.randint(4, 9)))

    def item(self, number: int, user: UUID) -> tuple[Any, ...]:
        choose = self.random.choice
        created = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=self.random.randrange(60_000_000))
        stamp = int(created.timestamp() * 1000) << 80
        key = UUID(int=stamp | 7 << 76 | 2 << 62 | number)
        tags = dict.fromkeys(self.random.choices(self.tags, self.tag_weights, k=self.random.randrange(4)))
        [kind] = self.random.choices(list(_TYPES), list(_TYPES.values()))
        return (
            key, user, kind, f"{' '.join(choose(self.sentences).split()[:4])} {number}",
            ". ".join(choose(self.sentences) for _ in range(4)), choose(self.sentences), "",
            '["' + '", "'.join(tags) + '"]' if tags else "[]", self.random.random() < 0.02, created, created,
        )  # fmt: skip

    def searches(self) -> Searches:
        frequent, plain, rare = self.words[:8], self.words[200:2000:100], self.words[20_000:30_000:600]
        tags = self.tags
        return {
            "empty, first page": [""],
            "a frequent word": frequent,
            "a word": plain,
            "a rare word": rare,
            "two words": [f"{one} {two}" for one, two in zip(frequent, plain, strict=False)],
            "one letter": list(_LETTERS[:8]),
            "three letters": [word[:3] for word in plain],
            "a word and a letter": [f"{one} {two[:1]}" for one, two in zip(plain, rare, strict=False)],
            "a typo": [typo(word) for word in plain],
            "a typo in two words": [f"{typo(one)} {two}" for one, two in zip(plain, frequent, strict=False)],
            "nothing like it": ["qxqxqxw", "wyqjjh", "c++"],
            "phrase -word": [
                f'"{" ".join(self.sentences[number].split()[2:4])}" -{frequent[0]}' for number in range(12)
            ],
            "-word": [f"-{word}" for word in frequent],
            "type: frequent, rare": ["type:note", "type:file", f"type:file {frequent[1]}"],
            "tag: frequent, rare": [f"tag:{tags[0]}", f"tag:{tags[-1]}", f"tag:{tags[-2]} {frequent[2]}"],
            "is:favorite": ["is:favorite", f"is:favorite {frequent[3]}", f"is:favorite type:code {plain[0]}"],
        }


def typo(word: str) -> str:
    """Two letters of its middle change places."""
    middle = len(word) // 2
    return word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]


def measured(sizes: Sequence[int], rounds: int) -> "Results":
    connection, User = _module("django.db").connection, _module("accounts.models").User
    call_command = _module("django.core.management").call_command
    call_command("migrate", verbosity=0)
    owner, *others = (
        User.objects.create(email=f"{number}@bench.example.org", password="!") for number in range(OTHERS + 1)
    )
    writer, results, filled = Writer(), Results(owner), 0
    searches = writer.searches()
    for size in sizes:
        begun = time.monotonic()
        owners = ((owner if number % 10 == 0 else others[number % OTHERS]) for number in range(filled, size))
        with connection.cursor() as cursor:
            copy_in(cursor, (writer.item(filled + place, user.pk) for place, user in enumerate(owners)))
            cursor.execute("VACUUM ANALYZE collections_app_contentitem")
            cursor.execute("SELECT pg_total_relation_size('collections_app_contentitem') / 1e6")
            megabytes = cursor.fetchone()[0]
        filled = size
        seconds = time.monotonic() - begun
        print(f"{size:,} rows, {size // 10:,} hers: {megabytes:,.0f} MB, in {seconds:.0f} s", flush=True)
        for kind, texts in searches.items():
            results.take(kind, texts, rounds)
    return results


def copy_in(cursor: Any, rows: Iterator[tuple[Any, ...]]) -> None:
    """Indexes over words are quicker made anew than kept."""
    cursor.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename = 'collections_app_contentitem' AND indexdef LIKE '%USING gin%'"
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f"DROP INDEX {name}")
    with cursor.copy(f"COPY collections_app_contentitem ({_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    cursor.execute("SET maintenance_work_mem = '512MB'")
    for _, definition in indexes:
        cursor.execute(definition)


def answer(user: Any, text: str) -> int:
    """As `/api/stuff` answers: how many are on the page."""
    shapes, search = _module("collections_app.api.shapes"), _module("collections_app.search")
    query = shapes.StuffQuery(search=text)
    found = search.find_items(user, query.wanted())
    rows, by, is_ascending = found.sorted_by(query.sort_by)
    pagination = _module("portal.web.pagination")
    page = pagination.page_of(shapes.with_relations(rows, user), query, by=by, oldest_first=is_ascending)
    return len(page.answer(lambda item: shapes.item_object(item, user))["data"])


class Results:
    """`sizes` has for each step, by kind: p50 and p95 in milliseconds, and how many hits a page has."""

    def __init__(self, owner: Any) -> None:
        self.owner = owner
        self.kinds: dict[str, list[tuple[float, float, float]]] = {}
        self.slowest: dict[str, str] = {}

    def take(self, kind: str, texts: Sequence[str], rounds: int) -> None:
        times: list[tuple[float, str]] = []
        hits = [answer(self.owner, text) for text in texts]
        for _ in range(max(rounds, 24 * rounds // (8 * len(texts)))):
            for text in texts:
                begun = time.perf_counter()
                answer(self.owner, text)
                times.append(((time.perf_counter() - begun) * 1000, text))
        taken = sorted(each for each, _ in times)
        figures = statistics.median(taken), taken[int(len(taken) * 0.95)], statistics.mean(hits)
        self.kinds.setdefault(kind, []).append(figures)
        self.slowest[kind] = max(times)[1]


def report(results: Results, *, explain: bool) -> int:
    steps = len(next(iter(results.kinds.values())))
    head = "".join(f"{'p50':>9}{'p95':>8}" for _ in range(steps))
    print(f"\nmilliseconds           {head}{'growth':>9}{'hits':>7}")
    missed = []
    for kind, figures in results.kinds.items():
        row = "".join(f"{p50:9.1f}{p95:8.1f}" for p50, p95, _ in figures)
        growth = figures[-1][1] / figures[-2][1]
        print(f"{kind:23}{row}{growth:8.1f}x{figures[-1][2]:7.1f}")
        if figures[-1][1] >= GOAL:
            missed.append(kind)
    verdict = f"missed by {', '.join(missed)}" if missed else "met"
    print(f"\nGoal, p95 < {GOAL} ms at the largest size: {verdict}")
    if explain:
        slow = sorted(results.kinds, key=lambda kind: -results.kinds[kind][-1][1])
        for kind in slow[:3]:
            print(f"\n── {kind}: {results.slowest[kind]!r}")
            print_plans(lambda kind=kind: answer(results.owner, results.slowest[kind]))  # type: ignore[misc]
    return 1 if missed and explain else 0


def print_plans(ask: Callable[[], Any]) -> None:
    """Of every statement on stuff."""
    connection = _module("django.db").connection
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        ask()
    with connection.cursor() as cursor:
        for sql, parameters in asked:
            begun = time.perf_counter()
            if sql.lstrip().startswith(("SELECT", "WITH")):
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", parameters)
                print("\n".join(line for (line,) in cursor.fetchall() if len(line) < 400))
                print(f"  ({(time.perf_counter() - begun) * 1000:.0f} ms)")


def _module(name: str) -> Any:
    """What can be imported only once Django is set up."""
    return importlib.import_module(name)


if __name__ == "__main__":
    sys.exit(main())
