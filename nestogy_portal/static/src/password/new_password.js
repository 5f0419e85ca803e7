import { Interaction } from "@web/public/interaction";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { passwordStrength } from "@nestogy_portal/password/password_strength";

/** Shows how strong a password is while it is typed. The form works without it. */
export class NewPassword extends Interaction {
    static selector = ".nestogy-new-password";
    dynamicContent = {
        "input[name=password]": { "t-on-input": (ev) => this.show(ev.target.value) },
    };

    show(password) {
        const strength = passwordStrength(password);
        this.el.querySelector("meter").value = strength;
        this.el.querySelector(".nestogy-strength").textContent = password
            ? [_t("Weak"), _t("Medium"), _t("Strong")][Math.floor(strength * 2)]
            : "";
    }
}

registry.category("public.interactions").add("nestogy_portal.new_password", NewPassword);
