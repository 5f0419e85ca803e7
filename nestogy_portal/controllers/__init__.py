from . import link
from . import portal
from . import payment
from . import stripe
from . import thread
