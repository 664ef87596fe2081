"""What a model is told of a conversation's files: images as they are, documents whole or, where they are too
long for it, the parts that fit the question best."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from django.conf import settings

from chat.attachments import passages, storage
from chat.gateway.errors import InvalidRequest, Overloaded
from chat.gateway.request import Document, Image, Message, Request, Text
from chat.models import Attachment, PublicModel, StoredFile
from chat.models.capabilities import Capability
from portal.web.errors import Unavailable

# Tokens that a model is taken to have room for where nobody knows.
ASSUMED_WINDOW = 32_000
# Bytes of UTF-8: rather too few than too many, so that what is told fits.
_BYTES_PER_TOKEN = 3
_IMAGE_TOKENS = 1600
# As much is told of files even where a conversation has filled the window already; the model says so then.
_LEAST = 3000
_GAP = "\n[…]\n"

Part = Text | Image | Document


@dataclass(frozen=True)
class Told:
    """`parts` for each turn; `notes`, by a file's id, of what its reader should know."""

    parts: list[tuple[Part, ...]]
    notes: dict[UUID, str]


def with_files(
    request: Request, files: Mapping[int, Sequence[Attachment]], model: PublicModel
) -> tuple[Request, dict[UUID, str]]:
    """`files` by the number of the message they belong to, the last message being the question. Also what its
    reader should know, by a file's id. Raises as `tell` does."""
    turns = [files.get(number, ()) for number in range(len(request.messages))]
    told = tell(turns, question=_question(request), model=model, said_bytes=_said_bytes(request))
    messages = tuple(
        Message(message.role, (*parts, *message.parts))
        for message, parts in zip(request.messages, told.parts, strict=True)
    )
    return msgspec.structs.replace(request, messages=messages, passage=None), told.notes


def _said_bytes(request: Request) -> int:
    parts = [*request.system, *(part for message in request.messages for part in message.parts)]
    return sum(_size(part.text) for part in parts if isinstance(part, Text))


def _question(request: Request) -> str:
    return "\n".join(part.text for part in request.messages[-1].parts if isinstance(part, Text))


def tell(
    turns: Sequence[Sequence[Attachment]], *, question: str, model: PublicModel, said_bytes: int
) -> Told:
    """`turns` are the files of each message, the last those of the question itself; `said_bytes` is the size
    of all else that the request says. Raises `InvalidRequest` where the model cannot see what it is asked
    about, and `Overloaded` where the storage does not answer."""
    files = {attachment.file_id: attachment for turn in turns for attachment in turn}
    sees = model.can(Capability.VISION)
    blind = next((a for a in (turns[-1] if turns else ()) if a.file.view_key and not sees), None)
    if blind is not None:
        raise InvalidRequest(
            f"{blind.name} is an image, and {model.name} cannot see: choose a model that reads images.",
            "attachments",
        )
    texts = dict(StoredFile.objects.filter(pk__in=files).exclude(text="").values_list("pk", "text"))
    shown = sum(1 for turn in turns for attachment in turn if attachment.file.view_key) if sees else 0
    excerpts = _fitting(texts, question, _room(model, said_bytes + shown * _IMAGE_TOKENS * _BYTES_PER_TOKEN))
    notes = {
        attachment.pk: f"Too long for {model.name}: only the parts that fit the question best were used."
        for turn in turns
        for attachment in turn
        if excerpts.get(attachment.file_id) != texts.get(attachment.file_id)
    }
    views: dict[int, Image] = {}
    parts = [tuple(_part(attachment, excerpts, views, sees) for attachment in turn) for turn in turns]
    return Told(parts, notes)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "replace"))


def _part(attachment: Attachment, excerpts: Mapping[int, str], views: dict[int, Image], sees: bool) -> Part:
    file = attachment.file
    if not file.view_key:
        note = f"[{file.note}]\n\n" if file.note else ""
        return Document(media_type="text/plain", text=note + excerpts[file.pk], name=attachment.name)
    if not sees:
        return Text(f"[{attachment.name}: an image, which you cannot see]")
    if file.pk not in views:
        views[file.pk] = _view(file)
    return views[file.pk]


def _view(file: StoredFile) -> Image:
    try:
        with storage.open_object(file.view_key) as view:
            return Image(media_type=file.view_type, data=base64.b64encode(view.read()).decode())
    except Unavailable as error:
        raise Overloaded(str(error), headers=error.headers) from None


def _room(model: PublicModel, said_bytes: int) -> int:
    """Bytes that are left for files, beside what is said and an answer."""
    window = model.context_window or ASSUMED_WINDOW
    answer = min(model.max_output_tokens or settings.RESERVED_OUTPUT_TOKENS, window // 4)
    return max(_LEAST, (window - answer) * _BYTES_PER_TOKEN - said_bytes)


def _fitting(texts: Mapping[int, str], question: str, room: int) -> dict[int, str]:
    """Those that take no more than their share are told whole; the others share what is left by how well
    their parts fit."""
    whole: dict[int, str] = {}
    left = dict(texts)
    while left:
        share = room // len(left)
        small = {pk: text for pk, text in left.items() if _size(text) <= share}
        if not small:
            break
        whole |= small
        room -= sum(map(_size, small.values()))
        left = {pk: text for pk, text in left.items() if pk not in small}
    return whole | _excerpts(left, question, room)


def _excerpts(texts: Mapping[int, str], question: str, room: int) -> dict[int, str]:
    pieces = {pk: passages.split(text) for pk, text in texts.items()}
    places = [(pk, number) for pk, own in pieces.items() for number in range(len(own))]
    best = passages.ranked([pieces[pk][number] for pk, number in places], question)
    chosen: set[tuple[int, int]] = set()
    # What a text is about stands at its beginning.
    for place in (*((pk, 0) for pk in pieces), *(places[at] for at in best)):
        size = _size(pieces[place[0]][place[1]]) + len(_GAP)
        if place not in chosen and size <= room:
            chosen.add(place)
            room -= size
    return {
        pk: _joined(own, [number for number in range(len(own)) if (pk, number) in chosen])
        for pk, own in pieces.items()
    }


def _joined(pieces: Sequence[str], shown: Sequence[int]) -> str:
    text, last = "", -1
    for number in shown:
        text += ("\n" if number == last + 1 else _GAP) + pieces[number]
        last = number
    end = "" if last == len(pieces) - 1 else _GAP
    return f"[Shown are those {len(shown)} of {len(pieces)} parts that fit the question best.]\n{text}{end}"
