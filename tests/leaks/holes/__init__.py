"""Holes to plant into the templates of an app, mostly the example, with the paths each opens.

The modules register them when they are imported.
"""

from . import databases as databases
from . import dns as dns
from . import endpoints as endpoints
from . import identity as identity
from . import network as network
from . import networks as networks
from . import outputs as outputs
from . import relay as relay
from . import relays as relays
from . import tables as tables
from . import unknown as unknown
from .draft import HOLES, Draft, Hole

__all__ = ["HOLES", "Draft", "Hole"]
