import { CopyButton } from "@web/core/copy_button/copy_button";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { Component, onMounted, onPatched, useRef } from "@odoo/owl";

/** The pane of the profile: who the client is, what it owes, whom to ask for and what can be begun. */
export class ClientOverview extends Component {
    static template = "nestogy_clients.ClientOverview";
    static components = { CopyButton };
    static props = {
        overview: { type: [Object, { value: null }] },
        balances: Array,
        notes: { type: [Object, String, Boolean], optional: true },
        isLoading: Boolean,
        run: Function,
    };

    setup() {
        this.action = useService("action");
        this.copied = _t("Copied");
        this.root = useRef("root");
        onMounted(() => this.nameCopy());
        onPatched(() => this.nameCopy());
    }

    get isOverdue() {
        return this.props.balances.some((balance) => balance.is_overdue);
    }

    get hasNotes() {
        return this.props.notes && this.props.notes.toString().replace(/<[^>]*>/g, "").trim();
    }

    /** Whether the user may write mails here; others get their own mail program. */
    get writesMail() {
        return this.props.overview.actions.some((item) => item.key === "mail");
    }

    callLabel({ name, phone }) {
        return _t("Call %(name)s, %(phone)s", { name, phone });
    }

    writeLabel({ name, email }) {
        return _t("Write to %(name)s, %(email)s", { name, email });
    }

    /** Core's button has an icon alone and takes no name. */
    nameCopy() {
        this.root.el.querySelector(".o_nestogy_copy")?.setAttribute("aria-label", _t("Copy the client ID"));
    }

    doAction(action) {
        return this.action.doAction(action);
    }

    openContact(contact) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: contact.id,
            views: [[false, "form"]],
            context: { form_view_ref: "nestogy_clients.res_partner_view_form_contact" },
        });
    }
}
