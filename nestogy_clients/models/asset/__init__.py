from . import maintenance_equipment
from . import contract_contract_assets
from . import res_company_assets
from . import res_config_settings_assets
from . import res_partner_assets
