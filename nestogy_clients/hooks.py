"""What happens once, when the addon comes and when it goes."""


def post_init_hook(env):
    """Give every company its default client group."""
    env["res.company"].search([])._ensure_default_client_group()


def uninstall_hook(env):
    """Remove what the addon left in records of other modules, and what would hold its own records back."""
    # SQL: rows stand in the way of the removal of their statuses and kinds, and no rule of ours is to be asked any more
    env.cr.execute("UPDATE res_partner SET client_status_id = NULL WHERE client_status_id IS NOT NULL")
    env.cr.execute("DELETE FROM nestogy_client_status_change")
    env.cr.execute("DELETE FROM nestogy_relation")
    env.invalidate_all()
    env["nestogy.client.mail.template"].search([]).mail_template_id.unlink()
    env["ir.default"].search(
        [("field_id.model", "=", "res.partner"), ("field_id.name", "=", "client_group_id")]
    ).unlink()
    # how far its jobs came: if it comes back, its log and its history are empty
    env["ir.config_parameter"].search([("key", "=like", "nestogy_clients.%")]).unlink()
