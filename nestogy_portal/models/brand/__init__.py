from . import nestogy_portal_profile_brand
from . import ir_qweb
from . import mail_mail_brand
from . import res_partner_brand
