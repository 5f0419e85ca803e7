import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { CharField, charField } from "@web/views/fields/char/char_field";
import { useState } from "@odoo/owl";

/** A user name that is checked while it is typed: free, or what is wrong with it. */
export class UsernameField extends CharField {
    static template = "nestogy_portal.UsernameField";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.check = useState({ checked: "", problem: "" });
        this.checkSoon = useDebounced(this.checkNow, 300);
    }

    async checkNow(text) {
        const problem = text ? await this.orm.silent.call(this.props.record.resModel, "check_username", [text]) : "";
        if (this.input.el?.value.trim() === text) {
            Object.assign(this.check, { checked: text, problem });
        }
    }

    onInput(ev) {
        const text = ev.target.value.trim();
        Object.assign(this.check, { checked: "", problem: "" });
        this.checkSoon(text);
    }
}

registry.category("fields").add("nestogy_username", { ...charField, component: UsernameField });
