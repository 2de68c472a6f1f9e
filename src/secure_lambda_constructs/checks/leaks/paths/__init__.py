"""The checks of all leak paths; the modules register them when they are imported."""

from ..case import Case
from ..reasons import Reason
from ..register import PATHS, SIGNING, LeakPath
from . import callers as callers
from . import dns as dns
from . import endpoints as endpoints
from . import identity as identity
from . import network as network
from . import outputs as outputs
from . import outside as outside
from . import relay as relay
from . import security_groups as security_groups
from . import shared as shared
from . import signing as signing

__all__ = ["PATHS", "SIGNING", "LeakPath", "open_paths", "present_paths"]


def open_paths(case: Case) -> dict[str, list[Reason]]:
    """Return why each open path is open, by the id of the path."""
    found = {path_id: leak.check(case) for path_id, leak in sorted(PATHS.items())}
    return {path_id: reasons for path_id, reasons in found.items() if reasons}


def present_paths(case: Case) -> list[str]:
    """Return the ids of the paths whose means the stacks have, open or not."""
    return [path_id for path_id, leak in sorted(PATHS.items()) if leak.is_present(case)]
