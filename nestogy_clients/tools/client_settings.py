"""What a setting that clients inherit is made of; addons import it to declare theirs."""

from typing import NamedTuple

BILLING = "nestogy_clients.nestogy_clients_group_billing"
AGENT = "nestogy_clients.nestogy_clients_group_agent"


class ClientSetting(NamedTuple):
    """One setting that a client inherits: its own value, else that of its group, else that of the company.

    ``client_field`` is a field of the partner, company dependent where companies may treat a client differently;
    ``group_field`` one of the client group. The company's own value is in ``company_field`` of the company, else it is
    the fallback (``ir.default``) of the partner's field.
    """

    label: str
    client_field: str
    group_field: str
    company_field: str = ""
    subject: str = "service"  # a key of _client_setting_subjects()
    role: str = AGENT  # who may change it for a client
    none_label: str = ""  # what it means to have none on purpose; empty: nobody can have none
    default_label: str = ""  # what holds when nothing is set on any level
    company_note: str = ""  # where the company's value is kept, when it is not changed beside the others
    always_set: bool = False  # the client's field is never empty, so a value equal to the inherited one is inherited
    feature: str = ""  # a group that users have while this feature of Odoo is switched on; others do not see the row
