from . import account_payment_register
from . import nestogy_client_create
from . import nestogy_portal_access_why
from . import nestogy_portal_staff_link
from . import portal_wizard_user
from . import nestogy_portal_invite
from . import nestogy_portal_block
from . import nestogy_portal_person
