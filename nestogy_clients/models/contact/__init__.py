from . import nestogy_contact_kind
from . import nestogy_contact_time
from . import nestogy_phone_number
from . import res_partner_address
from . import res_partner_contacts
from . import res_partner_person
from . import res_partner_phone
from . import res_partner_language
