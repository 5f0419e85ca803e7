from . import mail_message_timeline
from . import res_lang
from . import res_partner_custom_fields
from . import res_partner_profile
from . import res_partner_timeline
from . import res_users_home
from . import res_users_language
from . import res_partner_home
