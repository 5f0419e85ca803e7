from odoo.exceptions import AccessError
from odoo.http import request

from odoo.addons.portal.controllers.thread import PortalThreadController


class ClientThread(PortalThreadController):
    def _prepare_message_data(self, post_data, *, thread, **kwargs):
        """Let nobody write or edit in a client's name without signing in: who holds the address of a shared
        document may read it."""
        mixin = request.env.registry["nestogy.portal.mail.mixin"]
        if request.env.user._is_public() and isinstance(thread, mixin) and thread._needs_sign_in_to_write():
            raise AccessError(request.env._("Sign in to write a message."))
        if not request.env.user._portal_may_act():
            raise AccessError(request.env._("You may read here, but not write. Ask the main contact of your firm."))
        return super()._prepare_message_data(post_data, thread=thread, **kwargs)
