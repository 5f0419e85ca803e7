from . import client_file, document_files, phones, placeholders
from . import client_file, domains, phones, placeholders, postal
