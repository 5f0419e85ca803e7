from . import client_file, document_files, phones, placeholders
