from . import helpdesk_ticket_reply
from . import nestogy_ticket_reply
from . import nestogy_ticket_macro
from . import nestogy_ticket_macro_step
from . import helpdesk_ticket_macro
