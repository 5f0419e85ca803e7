from . import client_file, document_files, phones, placeholders
from . import domains, postal
