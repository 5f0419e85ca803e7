from . import helpdesk_ticket_mail
from . import mail_thread
from . import nestogy_client_mail_template
