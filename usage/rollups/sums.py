"""What is added up, by the names of a roll-up's columns."""

# Who and what; in a roll-up as in the ledger.
DIMENSIONS = ("user_id", "key_id", "model", "deployment", "status")
# Costs in billionths of the currency: whole numbers add up exactly in every database.
SUMS = (
    "requests",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_written_tokens",
    "reasoning_tokens",
    "timed",
    "duration_ms",
    "cost",
    "input_cost",
    "output_cost",
    "cached_cost",
    "cache_write_cost",
    "image_cost",
    "request_cost",
)
HISTOGRAMS = ("latency", "first_token")
