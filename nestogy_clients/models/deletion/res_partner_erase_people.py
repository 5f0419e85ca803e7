import logging

from psycopg2 import IntegrityError

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import SQL, sql

_logger = logging.getLogger(__name__)

# What a partner keeps when everything else about it is erased: what links its documents, and what is nobody's secret.
KEPT_COLUMNS = {
    *("id", "name", "complete_name", "commercial_company_name", "active", "type", "is_company", "is_client"),
    *("client_number", "client_status_id", "commercial_partner_id", "parent_id", "company_id", "country_id"),
    *("partner_share", "employee", "customer_rank", "supplier_rank", "client_since", "lang"),
    *("create_uid", "create_date", "write_uid", "write_date"),
    # where their entries are booked
    *("property_account_payable_id", "property_account_receivable_id", "property_account_position_id"),
}
# How a user signs in and from where; not all of them have a foreign key that takes them along.
SECRETS = (
    *(("res_users_apikeys", "user_id"), ("auth_totp_device", "user_id"), ("auth_passkey_key", "create_uid")),
    *(("auth_totp_rate_limit_log", "user_id"), ("res_users_settings", "user_id"), ("res_device_log", "user_id")),
)


class ResPartner(models.Model):
    """Erases the people of a client themselves: their users, their bank accounts, and at last their own rows."""

    _inherit = "res.partner"

    def _erase_label(self):
        """What an erased partner is called from then on."""
        self.ensure_one()
        if self.is_client:
            return self.env._("Erased client %s", self.client_number or self.id)
        return self.env._("Erased contact %s", self.id)

    def _erase_users(self, users):
        """Delete users of the portal; one of whom something remains is emptied and stays switched off."""
        for user in users:
            for table, column in SECRETS:
                if sql.table_exists(self.env.cr, table):  # the addons of second factors can be taken out
                    self._erase_rows(table, self._erase_where(table, column, user.ids))
            try:
                with self.env.cr.savepoint():
                    user.unlink()
                    self.env.flush_all()
            except (IntegrityError, UserError) as error:
                _logger.info("User %s stays without a name: %s", user.id, error)
                self.env.invalidate_all(flush=False)
                # SQL: nothing of it may be looked at by the hooks of a living user
                self.env.cr.execute(
                    SQL(
                        """UPDATE res_users SET login = %s, password = NULL, signature = NULL, totp_secret = NULL,
                                  out_of_office_message = NULL, active = FALSE
                            WHERE id = %s""",
                        f"erased-{user.id}",
                        user.id,
                    )
                )
                self.env.invalidate_all(flush=False)
        self.env.registry.clear_cache()

    def _erase_banks(self, banks):
        """Delete bank accounts; of one that stands on a kept document the holder's name goes."""
        for bank in banks:
            try:
                with self.env.cr.savepoint():
                    self._erase_rows("res_partner_bank", bank.ids)
            except IntegrityError:
                self.env.invalidate_all(flush=False)
                self.env.cr.execute(
                    SQL(
                        "UPDATE res_partner_bank SET acc_holder_name = NULL, note = NULL, active = FALSE WHERE id = %s",
                        bank.id,
                    )
                )

    def _erase_authored(self, messages):
        """Take what these people wrote on records that stay out of them."""
        self._erase_rows("ir_attachment", messages.attachment_ids.filtered(self._erase_is_theirs).ids)
        for table, column in (("mail_tracking_value", "mail_message_id"), ("mail_mail", "mail_message_id")):
            self._erase_rows(table, self._erase_where(table, column, messages.ids))
        self.env.cr.execute(
            SQL(
                """UPDATE mail_message SET body = %s, subject = NULL, author_id = NULL, email_from = NULL,
                          reply_to = NULL, incoming_email_to = NULL, incoming_email_cc = NULL, outgoing_email_to = NULL
                    WHERE id = ANY(%s)""",
                self.env._("erased"),
                messages.ids,
            )
        )
        self.env.invalidate_all(flush=False)

    def _erase_is_theirs(self, attachment):
        """A file that came with a message and is no accounting document."""
        return attachment.res_model not in ("account.move", "account.payment", "account.bank.statement.line")

    def _erase_tracked(self):
        """Take their names out of the changes that were tracked on records that stay."""
        self.env.cr.execute(
            SQL(
                """UPDATE mail_tracking_value v
                      SET old_value_char = CASE WHEN old_value_integer = ANY(%(ids)s) THEN %(word)s
                                                ELSE old_value_char END,
                          new_value_char = CASE WHEN new_value_integer = ANY(%(ids)s) THEN %(word)s
                                                ELSE new_value_char END
                     FROM ir_model_fields f
                    WHERE f.id = v.field_id AND f.relation = 'res.partner'
                      AND (old_value_integer = ANY(%(ids)s) OR new_value_integer = ANY(%(ids)s))""",
                ids=self.ids,
                word=self.env._("erased"),
            )
        )

    def _erase_scrub(self):
        """Empty the rows of these partners but for what their kept documents need."""
        self.env.flush_all()
        columns = self.env.execute_query(
            SQL(
                """SELECT column_name, is_nullable = 'YES' FROM information_schema.columns
                    WHERE table_schema = current_schema AND table_name = 'res_partner'"""
            )
        )
        emptied = [name for name, nullable in columns if nullable and name not in KEPT_COLUMNS]
        for partner in self:
            label = partner._erase_label()
            self.env.cr.execute(
                SQL(
                    """UPDATE res_partner
                          SET name = %(label)s, complete_name = %(label)s, active = FALSE,
                              commercial_company_name = NULL, %(emptied)s
                        WHERE id = %(id)s""",
                    label=label,
                    emptied=SQL(", ").join(SQL("%s = NULL", SQL.identifier(name)) for name in emptied),
                    id=partner.id,
                )
            )
            self.env.cr.execute(
                SQL(
                    """UPDATE account_move SET invoice_partner_display_name = %s
                        WHERE %s IN (partner_id, commercial_partner_id)""",
                    label,
                    partner.id,
                )
            )
        self._erase_hanging("res.partner", self.ids)
        self.env.invalidate_all(flush=False)
        self.env.registry.clear_cache()

    def _erase_partners(self):
        """Delete the partners that nothing needs any more; the others lose everything that says who they are.

        :return: those that stay
        """
        self.env.flush_all()
        needed = self._erase_needed()
        above = needed
        while above := above.parent_id & self:
            if above <= needed:
                break
            needed |= above
        gone = self - needed
        try:
            with self.env.cr.savepoint():
                self._erase_rows("res_partner", gone.ids)
        except IntegrityError as error:
            _logger.warning("Partners %s stay without a name: %s", gone.ids, error)
            self.env.invalidate_all(flush=False)
            needed |= gone
        needed._erase_scrub()
        self.env["res.partner"].invalidate_model()
        return needed
