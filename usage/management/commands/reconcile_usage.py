from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from usage.reconciliation.extent import everything
from usage.reconciliation.run import reconcile


class Command(BaseCommand):
    help = "Proves that roll-ups, the ledger and stored messages agree. Lists what does not, and then fails."

    def handle(self, **_: Any) -> None:
        found = reconcile(everything(timezone.now()))
        for finding in found:
            self.stdout.write(f"not so: {finding.check}: {finding.text}")
        if found:
            raise CommandError(f"{len(found)} findings.")
