import { CopyButton } from "@web/core/copy_button/copy_button";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { passwordStrength } from "@nestogy_portal/password/password_strength";
import { Component } from "@odoo/owl";

/** Shows a generated password, once: it came with the answer of the server and is kept nowhere. */
export class ShowPassword extends Component {
    static template = "nestogy_portal.ShowPassword";
    static components = { CopyButton, Dialog };
    static props = { close: Function, name: String, login: String, password: String };

    get title() {
        return _t("Password of %s", this.props.name);
    }

    get copied() {
        return _t("Copied");
    }

    get copyText() {
        return _t("Copy");
    }

    get strength() {
        return passwordStrength(this.props.password);
    }

    get strengthText() {
        return [_t("Weak"), _t("Medium"), _t("Strong")][Math.floor(this.strength * 2)];
    }
}

registry.category("actions").add("nestogy_portal.show_password", (env, action) => {
    const { name, login, password, next } = action.params;
    return new Promise((resolve) => {
        env.services.dialog.add(ShowPassword, { name, login, password }, { onClose: () => resolve(next) });
    });
});
