from . import res_partner_custom_fields
from . import res_partner_profile
from . import res_users_home
from . import res_users_language
