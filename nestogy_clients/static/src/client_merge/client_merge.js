import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

/**
 * What will happen when records are merged: whose value wins, field by field, what moves and what stays.
 *
 * The field holds the choices of the user alone, by the name of the field; what was not chosen is as the server says.
 */
export class ClientMerge extends Component {
    static template = "nestogy_clients.ClientMerge";
    static props = { ...standardFieldProps };

    get comparison() {
        return this.props.record.data.comparison || {};
    }

    get preview() {
        return this.props.record.data.preview || {};
    }

    get partners() {
        return this.comparison.partners || [];
    }

    get rows() {
        return this.comparison.rows || [];
    }

    get targetId() {
        return this.props.record.data.target_id?.id;
    }

    get movedCount() {
        return (this.preview.rows || []).reduce((sum, row) => sum + row.count, 0);
    }

    /**
     * @returns {boolean} whether more than one has a value, so that somebody has to decide
     */
    isOpen(row) {
        return row.values.filter(Boolean).length > 1;
    }

    picked(row) {
        const chosen = (this.props.record.data[this.props.name] || {})[row.name];
        const ids = this.partners.map((partner) => partner.id);
        return ids.includes(chosen) || (chosen === "both" && row.may_join) ? chosen : row.picked;
    }

    /**
     * @returns {boolean} whether the value of a partner will be there afterwards
     */
    isPicked(row, partner, index) {
        const picked = this.picked(row);
        return picked === partner.id || (picked === "both" && Boolean(row.values[index]));
    }

    async pick(row, value) {
        if (!this.props.readonly) {
            const choices = this.props.record.data[this.props.name] || {};
            await this.props.record.update({ [this.props.name]: { ...choices, [row.name]: value } });
        }
    }

    async keep(partner) {
        if (!this.props.readonly && partner.id !== this.targetId) {
            await this.props.record.update({ target_id: { id: partner.id, display_name: partner.name } });
        }
    }
}

registry.category("fields").add("nestogy_client_merge", {
    component: ClientMerge,
    supportedTypes: ["json"],
    fieldDependencies: [
        { name: "comparison", type: "json" },
        { name: "preview", type: "json" },
        { name: "target_id", type: "many2one", relation: "res.partner" },
    ],
});
