from . import link
from . import portal
from . import documents
from . import payment
from . import security
from . import signup
from . import stripe
from . import thread
