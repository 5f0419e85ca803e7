from . import res_partner_erase
