from . import client_file, phones, placeholders
