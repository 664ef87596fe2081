"""The portal's tutorials, and which part of them answers a question (BM25 over sections)."""

import math
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import msgspec

# How the tutorials write this portal's own address.
PORTAL_ADDRESS = "http://127.0.0.1:8000"

_FOLDER = Path(__file__).parent / "tutorials"
_WORD = re.compile(r"\w{2,}")
_STOP_WORDS = frozenset(
    [
        "the",
        "an",
        "and",
        "or",
        "of",
        "to",
        "in",
        "is",
        "it",
        "its",
        "for",
        "on",
        "with",
        "what",
        "who",
        "how",
        "do",
        "does",
        "can",
        "my",
        "your",
        "me",
        "you",
        "this",
        "that",
        "are",
        "be",
        "from",
        "at",
        "by",
        "as",
        "show",
        "tell",
        "about",
        "please",
        "want",
        "use",
        "using",
        "get",
        "make",
        "portal",
        "llm",
    ]
)
# The tutorials are in English; what pages suggest to ask in German and Greek, and the like, finds them too.
_ENGLISH = {
    "schlüssel": "key",
    "erstelle": "create",
    "verbinde": "connect",
    "modellserver": "model server",
    "streame": "stream",
    "sprache": "language",
    "bild": "image",
    "bilder": "image",
    "datei": "file",
    "dateien": "file",
    "kosten": "cost",
    "passwort": "password",
    "κλειδί": "key",
    "κλειδιά": "key",
    "δημιουργώ": "create",
    "συνδέω": "connect",
    "διακομιστή": "server",
    "μοντέλων": "model",
    "ροή": "stream",
    "γλώσσα": "language",
    "εικόνα": "image",
    "εικόνες": "image",
    "αρχείο": "file",
    "αρχεία": "file",
    "κόστος": "cost",
    "κωδικό": "password",
}
# BM25's usual constants: how fast repeated words stop counting, how much length is held against a text.
_K1, _B = 1.4, 0.6
_TITLE_WEIGHT = 4
# Below this a match is chance.
_MIN_SCORE = 3.0


class Tutorial(msgspec.Struct, frozen=True):
    """`text` is Markdown and begins with its title."""

    slug: str
    title: str
    text: str


class Section(msgspec.Struct, frozen=True):
    """`heading` is its own; `title` says the tutorial's too."""

    heading: str
    title: str
    text: str


@lru_cache(maxsize=1)
def tutorials() -> tuple[Tutorial, ...]:
    """In reading order: the file names' numbers, which are no part of the slug."""
    return tuple(_tutorial(path) for path in sorted(_FOLDER.glob("*.md")))


def _tutorial(path: Path) -> Tutorial:
    text = path.read_text(encoding="utf-8")
    title = text.partition("\n")[0].removeprefix("# ").strip()
    return Tutorial(path.stem.partition("-")[2], title, text)


def search(question: str) -> Section | None:
    """The section that fits best; None when none does."""
    words = set(_words(question))
    if not words:
        return None
    index = _index()
    score, _, section = max((index.score(n, words), -n, section) for n, section in enumerate(index.sections))
    return section if score >= _MIN_SCORE else None


def _words(text: str) -> list[str]:
    asked = " ".join(_ENGLISH.get(word, word) for word in _WORD.findall(text.lower()))
    found = (word.rstrip("s") for word in asked.split() if word not in _STOP_WORDS)
    return [word for word in found if len(word) > 1]


class _Index:
    def __init__(self, sections: list[Section]) -> None:
        self.sections = sections
        self._counts = [
            Counter(_words(section.text) + _words(section.heading) * _TITLE_WEIGHT) for section in sections
        ]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean_length = sum(self._lengths) / len(sections)
        self._spread = Counter(word for counts in self._counts for word in counts)

    def score(self, number: int, words: set[str]) -> float:
        counts, length = self._counts[number], self._lengths[number]
        norm = _K1 * (1 - _B + _B * length / self._mean_length)
        return sum(self._rarity(word) * counts[word] * (_K1 + 1) / (counts[word] + norm) for word in words)

    def _rarity(self, word: str) -> float:
        spread = self._spread[word]
        return math.log(1 + (len(self.sections) - spread + 0.5) / (spread + 0.5)) if spread else 0.0


@lru_cache(maxsize=1)
def _index() -> _Index:
    return _Index([section for tutorial in tutorials() for section in _sections(tutorial)])


def _sections(tutorial: Tutorial) -> list[Section]:
    head, *parts = re.split(r"^## ", tutorial.text, flags=re.MULTILINE)
    sections = [Section(tutorial.title, tutorial.title, head.partition("\n")[2].strip())]
    for part in parts:
        title, _, text = part.partition("\n")
        sections.append(Section(title, f"{tutorial.title}: {title}", text.strip()))
    return [section for section in sections if section.text]
