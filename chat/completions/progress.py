"""What stored answers tell of requests whose process died while it wrote them."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chat.completions.estimate import tokens_of
from chat.conversations import branches
from chat.models import Message
from usage.progress import Known


def of_stored_answers(request_ids: Sequence[UUID]) -> Mapping[UUID, Known]:
    """Estimated from the texts: the answer's, and those before it on its branch."""
    found = Message.objects.filter(usage__in=request_ids).exclude(text="").select_related("session")
    return {answer.usage_id: _known(answer) for answer in found}


def _known(answer: Message) -> Known:
    said = sum(len(message.text) for message in branches.path_to(answer.session, answer.parent_id))
    return Known(input_tokens=tokens_of(said), output_tokens=tokens_of(len(answer.text)))
