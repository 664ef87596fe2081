"""The words of items in SQLite."""

from portal.search.sqlite_words import WordTable

ITEMS = WordTable(
    table="collections_app_contentitem",
    key="item",
    columns={
        "title": "{0}.title",
        # As JSON they would be written with escapes.
        "tags": "(SELECT group_concat(value, ' ') FROM json_each({0}.tags))",
        "description": "{0}.description",
        "content": "{0}.content",
    },
    watched=("title", "tags", "description", "content"),
)
