from . import account_analytic_line
from . import account_move_line
from . import helpdesk_ticket_invoice
from . import helpdesk_ticket_job
from . import helpdesk_ticket_time
from . import nestogy_ticket_charge
from . import nestogy_ticket_timer
from . import project_task_time
