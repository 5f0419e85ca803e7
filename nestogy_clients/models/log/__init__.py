from . import nestogy_communication
from . import mail_activity
from . import res_partner_log
