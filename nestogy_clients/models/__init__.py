from . import settings
from . import client
from . import contact
from . import communication
from . import document
from . import custom_field
from . import money
from . import reminder
