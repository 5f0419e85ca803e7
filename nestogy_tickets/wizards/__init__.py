from . import nestogy_mail_decision
