"""All checks, one after another, and what came of them."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from django.utils import timezone

from usage.models import Reconciliation
from usage.reconciliation.checks import checks
from usage.within import Range

log = logging.getLogger(__name__)

# Of each check; more say nothing more.
MOST = 200
KEPT = 90


@dataclass(frozen=True)
class Finding:
    check: str
    text: str


def reconcile(days: Sequence[Range]) -> list[Finding]:
    """What is wrong about some days (`extent`); the result is stored for operators. A check that crashes is
    a finding."""
    begun = timezone.now()
    found = [Finding(name, text) for name in checks for text in _findings(name, days)]
    Reconciliation.objects.create(
        started_at=begun,
        finished_at=timezone.now(),
        days=sum((until - since).days for since, until in days),
        checks=list(checks),
        findings=[f"{each.check}: {each.text}" for each in found],
    )
    old = Reconciliation.objects.order_by("-started_at").values_list("pk", flat=True)[KEPT:]
    Reconciliation.objects.filter(pk__in=list(old)).delete()
    if found:
        log.error(
            "The usage figures do not agree: %d findings, see Reconciliations in the admin.", len(found)
        )
    return found


def _findings(name: str, days: Sequence[Range]) -> list[str]:
    try:
        return list(islice(checks[name](days), MOST))
    except Exception as error:
        log.exception("The check %r could not be made.", name)
        return [f"could not be checked ({type(error).__name__})"]
