"""Roll-ups: the ledger, summed up by hour, day and month, so that a year costs no more to read than a week.

A bucket of time is *closed* once its sums are final; what is not closed is read from the ledger itself
(`pieces`). So an answer is exact whether or not a roll-up has run, and one request that hangs keeps one hour
open, not all that came after it.
"""
