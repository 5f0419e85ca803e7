from . import portal_tickets
from . import ticket_requests
