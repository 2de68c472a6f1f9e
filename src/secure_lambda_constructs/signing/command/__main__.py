"""Run the signing program with `python -m secure_lambda_constructs.signing.command`."""

import sys

from .main import main

if __name__ == "__main__":  # pragma: no branch
    sys.exit(main())
