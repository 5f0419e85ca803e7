from . import nestogy_dashboard_layout
from . import res_partner_question
from . import res_partner_dashboard
from . import res_partner_overview
from . import res_partner_dashboard_money
from . import res_partner_health
from . import res_partner_timeline
