from . import test_mail_traits
from . import test_ticket_form
from . import test_clients_tickets
from . import test_rights
from . import test_mail
from . import test_smtp
from . import test_portal
from . import test_tour
