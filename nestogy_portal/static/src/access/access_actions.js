import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillStart, useState } from "@odoo/owl";

const AGENT = "nestogy_clients.nestogy_clients_group_agent";

/** What can be done about a contact's access to the portal: the next step as a button, the rest in a menu. */
export class PortalAccessActions extends Component {
    static template = "nestogy_portal.AccessActions";
    static components = { Dropdown, DropdownItem };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.rights = useState({ isAgent: false, isBusy: false });
        onWillStart(async () => {
            this.rights.isAgent = await user.hasGroup(AGENT);
        });
    }

    get data() {
        return this.props.record.data;
    }

    get isStaff() {
        return this.data.portal_is_staff;
    }

    get main() {
        if (!this.rights.isAgent || this.isStaff) {
            return null;
        }
        return {
            none: { method: "action_portal_invite_dialog", label: _t("Invite"), icon: "fa-envelope-o" },
            invited: { method: "action_portal_invite", label: _t("Invite again"), icon: "fa-repeat" },
            blocked: this.data.portal_may_restore && {
                method: "action_portal_invite",
                label: _t("Restore"),
                icon: "fa-unlock",
            },
        }[this.data.portal_state];
    }

    get items() {
        const state = this.data.portal_state;
        const agent = this.rights.isAgent && !this.isStaff;
        const hasUser = agent && Boolean(this.data.portal_username) && ["none", "invited", "active"].includes(state);
        const who = this.data.name || this.data.email || "";
        return [
            agent && { method: "action_portal_person", label: _t("User name and level…"), icon: "fa-id-card-o" },
            hasUser &&
                state === "active" && {
                    method: "action_portal_invite",
                    label: _t("Mail a link to set a password"),
                    icon: "fa-key",
                    confirm: _t("%s gets a mail with a link to set a password.", who),
                },
            agent &&
                ["none", "invited", "active"].includes(state) && {
                    method: "action_portal_staff_link",
                    label: _t("Make a sign-in link"),
                    icon: "fa-link",
                },
            { method: "action_portal_why", label: _t("What does this person see, and why?"), icon: "fa-question-circle-o" },
            hasUser && {
                method: "action_portal_preview",
                label: _t("Look at the portal as this person"),
                icon: "fa-eye",
            },
            hasUser &&
                state === "active" && {
                    method: "action_portal_sign_out",
                    label: _t("Sign out everywhere"),
                    icon: "fa-sign-out",
                    confirm: _t(
                        "All sessions and sign-in links of this person end at once; signing in again stays possible."
                    ),
                },
            agent &&
                state === "invited" && {
                    method: "action_portal_withdraw",
                    label: _t("Take the invitation back"),
                    icon: "fa-undo",
                    confirm: _t("The link or password of the invitation opens nothing any more."),
                },
            hasUser && {
                method: "action_portal_block_dialog",
                label: _t("Take access away…"),
                icon: "fa-ban",
                isDanger: true,
            },
        ].filter(Boolean);
    }

    run(item) {
        if (!item.confirm) {
            return this.call(item);
        }
        this.dialog.add(ConfirmationDialog, {
            title: item.label,
            body: item.confirm,
            confirm: () => this.call(item),
            cancel: () => {},
        });
    }

    async call({ method }) {
        if (this.rights.isBusy) {
            return;
        }
        this.rights.isBusy = true;
        try {
            const root = this.props.record.model.root;
            if (!(await root.save())) {
                return;
            }
            const action = await this.orm.call("res.partner", method, [[this.props.record.resId]]);
            await this.action.doAction(action, { onClose: () => root.load() });
        } finally {
            this.rights.isBusy = false;
        }
    }
}

registry.category("view_widgets").add("nestogy_portal_access", {
    component: PortalAccessActions,
    fieldDependencies: [
        { name: "portal_state", type: "selection" },
        { name: "portal_is_staff", type: "boolean" },
        { name: "portal_may_restore", type: "boolean" },
        { name: "portal_username", type: "char" },
        { name: "portal_hint", type: "char" },
    ],
});

/** A person with its address below the name, so that neither is cut beside the chatter. */
export class PortalPerson extends Component {
    static template = "nestogy_portal.Person";
    static props = { ...standardFieldProps };
}

registry.category("fields").add("nestogy_portal_person", {
    component: PortalPerson,
    supportedTypes: ["char"],
    fieldDependencies: [
        { name: "name", type: "char" },
        { name: "email", type: "char" },
    ],
});
