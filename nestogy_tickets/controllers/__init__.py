from . import feedback
from . import invoice_questions
from . import portal_tickets
from . import rating
from . import ticket_requests
from . import ticket_thread
