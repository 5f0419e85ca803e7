from . import client_file, document_files, ledger, phones, placeholders
from . import domains, postal, sheets
