from odoo import models
from odoo.tools import format_date

CONTACTS_SHOWN = 6


class ResPartner(models.Model):
    """The pane beside the profile: who the client is, whom to ask for, and what can be begun."""

    _inherit = "res.partner"

    def _client_overview(self):
        """What the pane shows.

        :return: dict of ``number``, ``status`` (``name``, ``tone``, ``color``), ``group``, ``since`` (texts),
            ``manager``, ``contacts`` (see :meth:`_client_overview_contacts`), ``contact_count``, ``actions`` (as in
            :meth:`get_client_quick_actions`) and ``lines`` (see :meth:`_client_overview_lines`)
        """
        self.ensure_one()
        status = self.client_status_id
        contacts = self.client_contact_ids
        return {
            "number": self.client_number or "",
            "status": {"name": status.name, "tone": self._client_status_tone(), "color": status.color},
            "group": (self.client_group_id or self.env.company._get_default_client_group()).name or "",
            "since": format_date(self.env, self.create_date) if self.create_date else "",
            "manager": self.user_id.sudo().name or "",  # the name of a colleague of another company too
            "contacts": self._client_overview_contacts(contacts),
            "contact_count": len(contacts),
            "actions": self.get_client_quick_actions(),
            "lines": self._client_overview_lines(),
        }

    def _client_status_tone(self):
        """The colour of the status: red forbids orders, amber ends by itself, grey is over."""
        status = self.client_status_id
        if not status.may_order:
            return "danger"
        if status.is_trial:
            return "warning"
        if not status.is_open:
            return "secondary"
        return "success" if status.is_invoiced else "info"

    def _client_overview_contacts(self, contacts):
        """Whom to ask for: the primary contact, then the others by name; a client without contacts speaks for itself.

        :return: list of dicts: ``id``, ``name``, ``function``, ``kinds`` (list of names), ``email``, ``phone`` (as it
            is written), ``dial`` (address of a telephone link, or empty), ``is_primary``
        """
        primary = self.primary_contact_id
        people = contacts.sorted(lambda each: (each != primary, (each.name or "").lower(), each.id))[:CONTACTS_SHOWN]
        if not people and (self.email or self.phone):
            people = self
        return [
            {
                "id": person.id,
                "name": person.name or "",
                "function": person.function or "",
                "kinds": person.contact_kind_ids.mapped("name"),
                "email": person.email or "",
                "phone": person.phone or "",
                "dial": person._client_dial_url(),
                "is_primary": person == primary,
            }
            for person in people
        ]

    def _client_overview_lines(self):
        """More facts in the pane; addons add theirs with ``super()``, each only if the user may see its source.

        :return: list of dicts: ``label``, ``value`` (text), ``tone``, ``hint`` (how it comes about), ``action`` (opens
            what is behind it, or ``False``)
        """
        return []
