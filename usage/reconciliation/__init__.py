"""Proof that roll-ups, the ledger and what other apps keep of it say the same."""
