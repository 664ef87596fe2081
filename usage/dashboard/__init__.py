"""What the page `/usage` and the operators' view show of reports: words, key figures, charts, tables."""
