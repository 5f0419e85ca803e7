from . import amounts
from . import colors
from . import images
from . import link_tokens
from . import log_filter
from . import mail_brand
from . import mail_links
from . import zip_stream
