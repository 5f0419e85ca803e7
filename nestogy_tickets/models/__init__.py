from . import ticket
from . import mail
from . import portal
from . import job
from . import satisfaction
from . import sla
