import { _t } from "@web/core/l10n/translation";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillStart, onWillUpdateProps, useEffect, useRef, useState } from "@odoo/owl";

/**
 * The settings that clients inherit, as one level of them sees them: a client, a group or the company. The server says
 * what holds, where it comes from and what the user may change; each change is one call that brings the table anew.
 */
export class ClientSettings extends Component {
    static template = "nestogy_clients.ClientSettings";
    static components = { RecordSelector };
    static props = {
        ...standardWidgetProps,
        resModel: { type: String, optional: true },
        idField: { type: String, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.state = useState({ subjects: [], editing: "", value: false, none: false, busy: false, message: "", error: "" });
        this.focus = "";
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => this.load(next));
        useEffect(
            () => {
                const target = this.focus && !this.state.busy && this.root.el?.querySelector(this.focus);
                if (target) {
                    target.focus();
                    this.focus = "";
                }
            },
            () => [this.state.editing, this.state.busy, this.state.subjects]
        );
    }

    resModel(props = this.props) {
        return props.resModel || props.record.resModel;
    }

    resId(props = this.props) {
        const value = props.idField ? props.record.data[props.idField] : props.record.resId;
        return typeof value === "object" && value ? value.id : value;
    }

    async load(props) {
        if (!this.resId(props)) {
            this.state.subjects = [];
            return;
        }
        try {
            this.state.subjects = await this.orm.silent.call(this.resModel(props), "get_client_settings", [this.resId(props)]);
            this.state.error = "";
        } catch (error) {
            this.state.error = error.data?.message || _t("The settings could not be loaded.");
        }
    }

    edit(row) {
        Object.assign(this.state, {
            editing: row.name,
            value: row.editor.value,
            none: Boolean(row.editor.none_label && row.is_own && !row.editor.value),
        });
        this.focus = ".o_nestogy_setting_editor input, .o_nestogy_setting_editor select";
    }

    cancel(row) {
        this.state.editing = "";
        this.focus = `[data-setting="${row.name}"] .o_nestogy_setting_change`;
    }

    onKeydown(ev, row) {
        if (ev.key === "Escape" && !ev.defaultPrevented) {
            ev.stopPropagation();
            this.cancel(row);
        } else if (ev.key === "Enter" && row.editor.type !== "many2one" && this.canSave(row)) {
            ev.preventDefault();
            ev.stopPropagation();
            this.save(row);
        }
    }

    onSelect(ev, row) {
        const option = row.editor.options.find(([key]) => String(key) === ev.target.value);
        this.state.value = option ? option[0] : false;
    }

    canSave(row) {
        const isBoolean = row.editor.type === "selection" && row.editor.options[0]?.[0] === true;
        return !this.state.busy && (this.state.none || isBoolean || Boolean(this.state.value));
    }

    save(row) {
        return this.change(row, "set_client_setting", [this.state.none ? false : this.state.value]);
    }

    inherit(row) {
        return this.change(row, "inherit_client_setting", []);
    }

    async change(row, method, args) {
        const { record } = this.props;
        const isOwnForm = record.resModel === this.resModel();
        this.state.busy = true;
        try {
            if (isOwnForm && (await record.isDirty()) && !(await record.save({ reload: false }))) {
                return;
            }
            this.state.subjects = await this.orm.call(this.resModel(), method, [this.resId(), row.name, ...args]);
            this.state.editing = "";
            this.focus = `[data-setting="${row.name}"] .o_nestogy_setting_change`;
            const now = this.state.subjects.flatMap((subject) => subject.rows).find((each) => each.name === row.name);
            this.state.message = _t("%(setting)s is now %(value)s, from: %(level)s", {
                setting: now.label,
                value: now.value,
                level: now.level_label,
            });
            if (isOwnForm) {
                await record.load();
            }
        } finally {
            this.state.busy = false;
        }
    }

    openExceptions(row, exception) {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: `${row.label}: ${exception.label}`,
            res_model: exception.model,
            views: exception.views,
            domain: exception.domain,
        });
    }

    openMail(row) {
        this.action.doAction(row.action, { onClose: () => this.load(this.props) });
    }
}

registry.category("view_widgets").add("nestogy_client_settings", {
    component: ClientSettings,
    extractProps: ({ options }) => ({ resModel: options.model, idField: options.id_field }),
});
