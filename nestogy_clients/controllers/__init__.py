from . import asset
from . import import_template
from . import client_import
from . import client_export
from . import portal
from . import timeline
