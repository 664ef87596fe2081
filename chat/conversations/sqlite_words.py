"""The words of messages in SQLite."""

from portal.search.sqlite_words import WordTable

# An answer that is being written is saved every second: its words are counted at its end.
MESSAGES = WordTable(
    table="chat_message",
    key="message",
    columns={"text": "{0}.text"},
    watched=("text", "status"),
    condition="{0}.status <> 'streaming'",
)
