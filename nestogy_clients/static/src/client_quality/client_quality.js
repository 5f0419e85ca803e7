import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, useRef } from "@odoo/owl";

/**
 * How complete the data of a client is, and what is missing; a click on a gap goes to where it is filled.
 */
export class ClientQuality extends Component {
    static template = "nestogy_clients.ClientQuality";
    static props = { ...standardFieldProps };

    setup() {
        this.root = useRef("root");
    }

    get quality() {
        return this.props.record.data[this.props.name] || { score: 0, gaps: [] };
    }

    get label() {
        return _t("Data quality %s percent", this.quality.score);
    }

    get tone() {
        const score = this.quality.score;
        return score >= 80 ? "success" : score >= 50 ? "warning" : "danger";
    }

    /**
     * @param {{page: string, field: string}} gap
     */
    goTo(gap) {
        const form = this.root.el.closest(".o_form_view");
        const page = gap.page || (form.querySelector(`[name="${gap.field}"]`) ? "" : "details");
        if (page) {
            form.querySelector(`.o_notebook_headers .nav-link[name="${page}"]`)?.click();
        }
        // the page is drawn before the next frame
        requestAnimationFrame(() =>
            requestAnimationFrame(() => {
                const field = form.querySelector(`[name="${gap.field}"]`);
                field?.scrollIntoView({ block: "center" });
                field?.querySelector("input, textarea, .o_field_x2many_list_row_add a")?.focus();
            })
        );
    }
}

registry.category("fields").add("nestogy_quality", {
    component: ClientQuality,
    supportedTypes: ["json"],
});
