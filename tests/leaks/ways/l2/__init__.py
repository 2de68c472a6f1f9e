"""The ways in the CDK's L2 constructs."""

from . import dns as dns
from . import endpoints as endpoints
from . import groups as groups
from . import identity as identity
from . import network as network
from . import outputs as outputs
from . import readers as readers
from . import relay as relay
from . import signing as signing
from . import tables as tables
from .base import WAYS as WAYS

__all__ = ["WAYS"]
