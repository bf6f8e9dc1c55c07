"""`python -m tidegate`: the same as the command `tidegate`."""

import sys

from tidegate._cli import main

sys.exit(main())
