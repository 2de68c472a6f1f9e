"""Ways that are written with the CDK's L1 constructs, the classes `Cfn*`.

The modules register them when they are imported.
"""

from . import databases as databases
from . import dns as dns
from . import endpoints as endpoints
from . import identity as identity
from . import network as network
from . import outputs as outputs
from . import places as places
from . import relay as relay
from . import security_groups as security_groups
from . import signing as signing
from . import streams as streams
from .base import WAYS

__all__ = ["WAYS"]
