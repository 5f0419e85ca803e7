from . import asset
from . import client_export
from . import portal
from . import timeline
