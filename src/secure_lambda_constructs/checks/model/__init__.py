"""What an app would create, as plain values: templates, intrinsic functions, physical names.

`load` takes whatever a team has and makes a `World` of it.
"""

from .loading import load
from .sources import Gap, StackTemplate
from .values import Unknown
from .world import Resource, World

__all__ = ["Gap", "Resource", "StackTemplate", "Unknown", "World", "load"]
