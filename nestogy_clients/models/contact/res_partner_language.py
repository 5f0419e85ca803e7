from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    """The language of a client, which Odoo never leaves empty.

    It is inherited as long as it is the one that the group, or the company, would give; whoever speaks another one
    has a language of its own. When a group changes its language, or a client its group, those follow that inherited.
    """

    _inherit = "res.partner"

    @api.onchange("client_group_id")
    def _onchange_client_group_language(self):
        """Show the language of the group before a new client is saved."""
        if self.client_status_id and not self._origin and not self.parent_id:
            group = self.client_group_id or self.env.company._get_default_client_group()
            self.lang = group._inherited_language() or self.lang

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        if "default_lang" not in self.env.context:
            # sudo: a new client gets its language whoever makes it
            new_sudo = self.browse(
                each.id for each, vals in zip(partners, vals_list, strict=True) if "lang" not in vals
            ).sudo()
            clients_sudo = new_sudo.filtered("is_client")
            self._follow_languages({client: (client.lang, client._inherited_language()) for client in clients_sudo})
        return partners

    def write(self, vals):
        if "client_group_id" not in vals or "lang" in vals:
            return super().write(vals)
        # sudo: who may move a client changes what it inherits
        clients_sudo = self.sudo().filtered("is_client")
        former = {client: client._inherited_language() for client in clients_sudo}
        result = super().write(vals)
        self._follow_languages({client: (before, client._inherited_language()) for client, before in former.items()})
        return result

    def _inherited_language(self):
        """The language that the client would have if it had none of its own, ``False`` when nobody says."""
        return self._resolve_setting("language", self._client_settings()["language"], skip="client")[0]

    @api.model
    def _follow_languages(self, changes):
        """Let clients follow, together those with the same change.

        :param dict changes: client to a tuple of the language that it inherited before and the one it inherits now
        """
        ids = {}
        for client, change in changes.items():
            ids.setdefault(change, []).append(client.id)
        for (former, language), some in ids.items():
            self._follow_language(Domain("id", "in", some), former, language)

    @api.model
    def _follow_language(self, domain, former, language):
        """Let the clients of a domain that inherited their language have the new one, with their contacts.

        SQL, because one group can have 100,000 clients and no other value depends on the language.
        """
        if not former or not language or former == language:
            return
        self.env.flush_all()
        # who may change the group changes what its clients inherit
        clients_sudo = self.sudo().with_context(active_test=False)
        query = clients_sudo._search(
            domain
            & Domain("is_client", "=", True)
            & Domain("lang", "=", former)
            & ~Domain("setting_overrides", "like", ",language,")
        )
        self.env.cr.execute(
            SQL(
                """UPDATE res_partner SET lang = %(language)s
                    WHERE lang = %(former)s
                      AND (id IN %(clients)s OR commercial_partner_id IN %(clients)s)""",
                language=language,
                former=former,
                clients=query.subselect(),
            )
        )
        self.env["res.partner"].invalidate_model(["lang"])
