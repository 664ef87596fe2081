"""Cells of CSV files. Spreadsheets run what begins like a formula, whoever wrote it (battery W09)."""

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> object:
    """Numbers stay numbers. Text that would be a formula gets an apostrophe before it, as OWASP advises."""
    if not isinstance(value, str) or not value.lstrip(" \u00a0").startswith(_BEGINNINGS):
        return value
    return f"'{value}"
