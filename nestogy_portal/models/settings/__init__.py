from . import res_company
from . import res_company_changes
from . import res_company_documents
from . import res_company_projects
from . import res_config_settings
from . import res_config_settings_changes
from . import res_config_settings_documents
from . import res_config_settings_projects
