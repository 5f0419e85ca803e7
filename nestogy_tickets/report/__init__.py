from . import nestogy_ticket_report
from . import nestogy_ticket_flow
