from . import asset
from . import portal
from . import timeline
