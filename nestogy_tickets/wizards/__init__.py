from . import mail_compose_message
from . import nestogy_ticket_macro_run
from . import nestogy_ticket_invoice
