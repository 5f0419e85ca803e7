from . import account_move_timeline
from . import account_payment_timeline
from . import contract_contract_timeline
from . import res_partner_dashboard
from . import res_partner_overview
from . import res_partner_timeline
from . import res_partner_timeline_sources
from . import sale_order_timeline
