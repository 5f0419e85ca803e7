import { CopyButton } from "@web/core/copy_button/copy_button";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { passwordStrength } from "@nestogy_portal/password/password_strength";
import { Component } from "@odoo/owl";

/** Shows generated passwords, once: they came with the answer of the server and are kept nowhere. */
export class ShowPassword extends Component {
    static template = "nestogy_portal.ShowPassword";
    static components = { CopyButton, Dialog };
    static props = { close: Function, people: Array, button: String };

    get title() {
        const { people } = this.props;
        return people.length === 1 ? _t("Password of %s", people[0].name) : _t("%s passwords", people.length);
    }

    get copied() {
        return _t("Copied");
    }

    get copyText() {
        return _t("Copy");
    }

    strength(password) {
        return passwordStrength(password);
    }

    strengthText(password) {
        return [_t("Weak"), _t("Medium"), _t("Strong")][Math.floor(this.strength(password) * 2)];
    }
}

registry.category("actions").add("nestogy_portal.show_password", (env, action) => {
    const { name, login, password, next } = action.params;
    const people = action.params.people || [{ name, login, password }];
    const button = action.params.button || _t("Open the Profile");
    return new Promise((resolve) => {
        env.services.dialog.add(ShowPassword, { people, button }, { onClose: () => resolve(next) });
    });
});
