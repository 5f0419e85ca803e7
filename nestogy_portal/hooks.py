def post_init_hook(env):
    """Let nobody make himself an account: clients' people are invited.

    Odoo switches free sign-up on when it is installed. Administrators can switch it on again.
    """
    parameters = env["ir.config_parameter"]
    if parameters.get_param("auth_signup.invitation_scope") == "b2c":
        parameters.set_param("auth_signup.invitation_scope", "b2b")
