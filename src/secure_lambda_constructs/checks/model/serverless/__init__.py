"""What SAM makes of the resources of a template, as far as the checks need it."""

from .expansion import Expansion

__all__ = ["Expansion"]
