from . import res_partner_yearly
from . import res_partner_home
from . import res_partner_home_money
from . import res_partner_home_people
