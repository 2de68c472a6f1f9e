"""Run the command line with `python -m secure_lambda_constructs.cli`."""

import sys

from .main import main

if __name__ == "__main__":  # pragma: no branch
    sys.exit(main())
