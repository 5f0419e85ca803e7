"""What happens once, when the addon comes and when it goes."""


def post_init_hook(env):
    """Give every company its default client group."""
    env["res.company"].search([])._ensure_default_client_group()


def uninstall_hook(env):
    """Remove what the addon left in records of other modules: compiled mail templates and field defaults."""
    env["nestogy.client.mail.template"].search([]).mail_template_id.unlink()
    env["ir.default"].search([("field_id.model", "=", "res.partner"), ("field_id.name", "=", "client_group_id")]).unlink()
