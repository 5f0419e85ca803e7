from . import asset
from . import import_template
from . import portal
from . import timeline
