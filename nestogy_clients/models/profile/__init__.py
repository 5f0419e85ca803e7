from . import account_move_timeline
from . import account_payment_timeline
from . import res_partner_dashboard
from . import res_partner_overview
from . import res_partner_timeline
