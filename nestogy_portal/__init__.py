from . import tools
from . import models
from . import controllers

# whatever logs a link from now on shows it without its token
tools.log_filter.install()
