from . import nestogy_dashboard_layout
from . import res_partner_dashboard
from . import res_partner_overview
