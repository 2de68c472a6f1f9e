"""Runs a function where the names of databases lead to this machine, as a VPC's resolver would.

    python -S resolving.py NAMES ROOT HANDLER

NAMES is a file of names and addresses, ROOT the certificate that vouches for them. Standard library
only: it is the first thing in a function's process.
"""

from __future__ import annotations

import json
import os
import runpy
import socket
import sys
from pathlib import Path
from typing import Any

__all__ = ["main"]


def main(names: str, root: str, handler: str) -> None:
    """Runs awslambdaric in this process."""
    ask = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        known = json.loads(Path(names).read_text())
        return ask(known.get(host, host), *args, **kwargs)

    socket.getaddrinfo = getaddrinfo
    # Beside what the system trusts, as on AWS; the system's own is not needed offline.
    os.environ.setdefault("SSL_CERT_FILE", root)
    # As `python -m awslambdaric HANDLER` would have them.
    sys.argv = ["awslambdaric", handler]
    sys.path[0] = os.getcwd()
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
