"""How much one message may bring along."""

MAX_FILES = 5
MAX_BYTES = 50 * 1024 * 1024
# Of an upload: with what a form puts around its files.
MAX_REQUEST = MAX_FILES * MAX_BYTES + 1024 * 1024
