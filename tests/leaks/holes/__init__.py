"""Holes to plant into the example's templates, each with the paths it opens.

The modules register them when they are imported.
"""

from . import dns as dns
from . import endpoints as endpoints
from . import identity as identity
from . import network as network
from . import outputs as outputs
from . import relay as relay
from . import unknown as unknown
from .draft import HOLES, Draft, Hole

__all__ = ["HOLES", "Draft", "Hole"]
