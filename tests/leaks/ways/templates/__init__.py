"""Ways that are written as templates which no CDK made, in the looks that such templates have."""

from .forms import write
from .register import BREAKAGES, WAYS, Breakage, Fragment, TemplateWay, template_of

__all__ = ["BREAKAGES", "WAYS", "Breakage", "Fragment", "TemplateWay", "template_of", "write"]
