"""What happens once, when the addon comes and when it goes."""

from odoo import Command
from odoo.tools import SQL

OCA_PORTAL_DOMAIN = """['|',
                ('partner_id', 'child_of', [user.commercial_partner_id.id]),
                ('message_partner_ids','child_of',[user.commercial_partner_id.id])]"""


def post_init_hook(env):
    """Take over what is there: stages get our mails, tickets a last update, the form categories."""
    tickets = env["helpdesk.ticket"].with_context(active_test=False)
    tickets.flush_model(["last_update"])
    # the new column was filled with the moment of installation; the database knows the true one
    env.cr.execute(
        SQL(
            "UPDATE helpdesk_ticket t SET last_update = GREATEST(t.write_date, ("
            " SELECT MAX(m.date) FROM mail_message m"
            " WHERE m.model = 'helpdesk.ticket' AND m.res_id = t.id AND m.subtype_id = %s))",
            env.ref("mail.mt_comment").id,
        )
    )
    tickets.invalidate_model(["last_update"])
    tickets._note_last_word_of_all()

    received = env.ref("nestogy_tickets.mail_template_ticket_received")
    closed = env.ref("nestogy_tickets.mail_template_ticket_closed")
    stages = env["helpdesk.ticket.stage"].with_context(active_test=False).search([])
    first = env.ref("helpdesk_mgmt.helpdesk_ticket_stage_new", raise_if_not_found=False)
    if first and not first.mail_template_id:
        first.mail_template_id = received
    oca_closed = env.ref("helpdesk_mgmt.closed_ticket_template", raise_if_not_found=False)
    if oca_closed:
        stages.filtered(lambda stage: stage.mail_template_id == oca_closed).mail_template_id = closed

    # whoever has a portal has tickets in it, until a profile says otherwise
    profiles = env["nestogy.portal.profile"].with_context(active_test=False).search([])
    profiles.area_ids = [Command.link(env.ref("nestogy_tickets.nestogy_portal_area_tickets").id)]

    env["res.company"].search([("helpdesk_mgmt_portal_select_category", "=", False)]).write(
        {"helpdesk_mgmt_portal_select_category": True, "helpdesk_mgmt_portal_category_id_required": False}
    )


def uninstall_hook(env):
    """Give helpdesk_mgmt back what we changed in its records."""
    rule = env.ref("helpdesk_mgmt.helpdesk_ticket_rule_portal", raise_if_not_found=False)
    if rule:
        rule.domain_force = OCA_PORTAL_DOMAIN
    for ours, theirs in (
        ("nestogy_clients.nestogy_clients_group_agent", "helpdesk_mgmt.group_helpdesk_user"),
        ("nestogy_clients.nestogy_clients_group_manager", "helpdesk_mgmt.group_helpdesk_manager"),
    ):
        group = env.ref(ours, raise_if_not_found=False)
        implied = env.ref(theirs, raise_if_not_found=False)
        if group and implied:
            group.implied_ids = [Command.unlink(implied.id)]
    oca_closed = env.ref("helpdesk_mgmt.closed_ticket_template", raise_if_not_found=False)
    closed = env.ref("nestogy_tickets.mail_template_ticket_closed", raise_if_not_found=False)
    if closed and oca_closed:
        env["helpdesk.ticket.stage"].with_context(active_test=False).search(
            [("mail_template_id", "=", closed.id)]
        ).mail_template_id = oca_closed
