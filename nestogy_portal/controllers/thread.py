from odoo.exceptions import AccessError
from odoo.http import request, route

from odoo.addons.portal.controllers.message_reaction import PortalMessageReactionController
from odoo.addons.portal.controllers.thread import PortalThreadController

INIT = "/portal/chatter_init"


class ClientThread(PortalThreadController):
    @classmethod
    def _get_thread_with_access_for_post(cls, thread_model, thread_id, **kwargs):
        """Files and reactions are writing, too."""
        thread = super()._get_thread_with_access_for_post(thread_model, thread_id, **kwargs)
        if thread and cls._only_reads(thread):
            if request.httprequest.path == INIT:  # the page asks what to show
                return thread.browse()
            cls._refuse_to_write()
        return thread

    @classmethod
    def _refuse_to_write(cls):
        if request.env.user._is_public():
            raise AccessError(request.env._("Sign in to write a message."))
        raise AccessError(request.env._("You may read here, but not write. Ask the main contact of your firm."))

    @route()
    def mail_thread_partner_from_email(self, thread_model, thread_id, emails):
        """Staff's composer asks who has an address; people from outside do not learn it."""
        if request.env.user.share:
            raise AccessError(request.env._("This is not part of your portal. Ask the main contact of your firm."))
        return super().mail_thread_partner_from_email(thread_model, thread_id, emails)

    @classmethod
    def _only_reads(cls, thread):
        user = request.env.user
        mixin = request.env.registry["nestogy.portal.mail.mixin"]
        if user._is_public():
            return isinstance(thread, mixin) and thread._needs_sign_in_to_write()
        return not user._portal_may_act()

    def _prepare_message_data(self, post_data, *, thread, **kwargs):
        """Let nobody write or edit in a client's name without signing in: who holds the address of a shared
        document may read it."""
        if self._only_reads(thread):
            self._refuse_to_write()
        return super()._prepare_message_data(post_data, thread=thread, **kwargs)


class ClientReaction(PortalMessageReactionController, ClientThread):
    def _get_reaction_author(self, message, **kwargs):
        """A reaction bears a name, too."""
        if message.model and message.res_id and self._only_reads(request.env[message.model].browse(message.res_id)):
            self._refuse_to_write()
        return super()._get_reaction_author(message, **kwargs)
