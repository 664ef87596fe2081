"""Whether stored answers say of their tokens what the ledger says."""

from collections.abc import Iterator

from django.db.models import F, Q

from chat.models import Message
from chat.models.conversation import MessageStatus
from usage.reconciliation.checks import Days
from usage.within import Within

# Their rows are final, and were settled with the answer's own count.
_SETTLED = ("complete", "failed", "cancelled")


def answers_and_the_ledger(days: Days) -> Iterator[str]:
    finished = Message.objects.filter(Within("usage__started_at", days), usage__status__in=_SETTLED)
    finished = finished.exclude(status__in=[MessageStatus.STREAMING, MessageStatus.INTERRUPTED])
    others = ~Q(input_tokens=F("usage__input_tokens")) | ~Q(output_tokens=F("usage__output_tokens"))
    for answer in finished.filter(others).select_related("usage").order_by("pk").iterator():
        row = answer.usage
        yield (
            f"{answer.public_id} says {answer.input_tokens} + {answer.output_tokens} tokens, "
            f"{row.public_id} says {row.input_tokens} + {row.output_tokens}"
        )
