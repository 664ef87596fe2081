"""How hard to think: OpenAI's words ↔ Anthropic's token budgets (docs/conformance.md, T11)."""

_BUDGETS = {"none": 0, "minimal": 1024, "low": 4096, "medium": 10_000, "high": 24_000, "xhigh": 32_000}


def budget_of(effort: str) -> int | None:
    """None for a word we do not know: it is left to the model."""
    return _BUDGETS.get(effort)


def effort_of(budget: int) -> str:
    """The strongest word that does not ask for more than `budget`."""
    fitting = [effort for effort, tokens in _BUDGETS.items() if tokens <= budget and effort != "xhigh"]
    return fitting[-1]
