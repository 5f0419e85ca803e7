from . import nestogy_sla_report
from . import nestogy_ticket_report
from . import nestogy_ticket_flow
