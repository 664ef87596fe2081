#!/usr/bin/env python
"""Django's command line, for operators and scripts."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # One clear line instead of a traceback: the reader has to change their environment.
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
