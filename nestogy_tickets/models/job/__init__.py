from . import res_company  # first: new columns of projects are filled with its defaults
from . import nestogy_job_material
from . import project_project
from . import project_task
from . import project_task_invoice
from . import project_task_money
from . import project_task_number
from . import project_task_place
from . import project_task_portal
from . import res_config_settings
from . import res_partner_jobs
from . import res_partner_projects
