"""One at a time: who closes buckets, who opens them again, who changes whose they are."""

from django.db import connection

NUMBER = 7_200_701


def hold() -> None:
    """Waits for its turn, and keeps it to the end of the transaction. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s::bigint)", [NUMBER])
