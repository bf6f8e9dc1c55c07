"""Prints the requirements of one of pyproject's dependency groups, one a line.

Older pips cannot install a group themselves.
"""

import sys
import tomllib
from pathlib import Path


def main() -> None:
    """Prints the group that the first argument names."""
    pyproject = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))
    print("\n".join(pyproject["dependency-groups"][sys.argv[1]]))


if __name__ == "__main__":
    main()
