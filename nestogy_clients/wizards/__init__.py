from . import mail_compose_message
from . import nestogy_client_credit_set
from . import nestogy_client_import
from . import nestogy_client_status_set
from . import nestogy_client_group_set
from . import nestogy_order_decision
