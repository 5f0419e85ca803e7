import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { download } from "@web/core/network/download";
import { useService } from "@web/core/utils/hooks";
import { useSortable } from "@web/core/utils/sortable_owl";

const MODEL = "nestogy.client.export";
const TEMPLATE = "nestogy.client.export.template";

/**
 * Asks which columns of clients a file shall have, in which order, and makes it.
 */
export class ClientExportDialog extends Component {
    static template = "nestogy_clients.ClientExportDialog";
    static components = { Dialog };
    static props = {
        scope: String,
        domain: Array,
        ids: { type: Array, optional: true },
        filters: { type: String, optional: true },
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.chosenRef = useRef("chosen");
        this.state = useState({
            chosen: [],
            query: "",
            fileType: "xlsx",
            contacts: this.props.scope === "contacts" ? "rows" : "none",
            templates: [],
            templateId: 0,
            name: "",
            isNaming: false,
            isShared: false,
            isBusy: false,
        });
        onWillStart(() => this.load());
        useSortable({
            ref: this.chosenRef,
            elements: ".o_nestogy_export_chosen",
            handle: ".o_nestogy_export_handle",
            cursor: "grabbing",
            onDrop: ({ element, previous }) => {
                const { key } = element.dataset;
                const keys = this.state.chosen.filter((each) => each !== key);
                keys.splice(previous ? keys.indexOf(previous.dataset.key) + 1 : 0, 0, key);
                this.state.chosen = keys;
            },
        });
    }

    async load() {
        const { domain, scope, ids } = this.props;
        this.info = await this.orm.call(MODEL, "get_export_dialog", [domain], { scope, ids: ids || null });
        this.columns = Object.fromEntries(this.info.columns.map((column) => [column.key, column]));
        this.state.templates = this.info.templates;
        this.state.chosen = this.known(this.info.chosen);
    }

    get isOfContacts() {
        return this.props.scope === "contacts";
    }

    get title() {
        return this.isOfContacts ? _t("Export Contacts") : _t("Export Clients");
    }

    get isTooMany() {
        return this.info.count > this.info.limit;
    }

    get summary() {
        const count = this.info.count.toLocaleString();
        if (this.isTooMany) {
            const limit = this.info.limit.toLocaleString();
            return _t("More than %s records: narrow the filter, that is too much for one file.", limit);
        }
        if (this.props.ids) {
            return this.isOfContacts ? _t("%s contacts selected", count) : _t("%s clients selected", count);
        }
        const what = this.isOfContacts ? _t("%s contacts", count) : _t("%s clients", count);
        return this.props.filters ? _t("%(what)s: %(filter)s", { what, filter: this.props.filters }) : what;
    }

    get sections() {
        const query = this.state.query.trim().toLowerCase();
        return this.info.sections
            .map((section) => ({
                ...section,
                allLabel: _t("All: %s", section.label),
                columns: this.info.columns.filter(
                    (column) => column.section === section.key && column.label.toLowerCase().includes(query)
                ),
            }))
            .filter((section) => section.columns.length);
    }

    get template() {
        return this.state.templates.find((template) => template.id === this.state.templateId);
    }

    get mayChangeTemplate() {
        return this.template && (this.template.is_mine || this.info.may_share);
    }

    /** @param {string[]} keys those that are there for the user */
    known(keys) {
        return keys.filter((key) => this.columns[key]);
    }

    isChosen(key) {
        return this.state.chosen.includes(key);
    }

    toggle(column) {
        if (this.isChosen(column.key)) {
            this.remove(column.key);
            return;
        }
        this.state.chosen.push(column.key);
        if (column.is_contact && this.state.contacts === "none") {
            this.state.contacts = "rows";
        }
    }

    remove(key) {
        this.state.chosen = this.state.chosen.filter((each) => each !== key);
    }

    /** Add all columns of a section, or take them out when they are all there. */
    toggleSection(section) {
        const missing = section.columns.filter((column) => !this.isChosen(column.key));
        for (const column of missing.length ? missing : section.columns) {
            this.toggle(column);
        }
    }

    move(key, step) {
        const keys = [...this.state.chosen];
        const place = keys.indexOf(key);
        if (place + step >= 0 && place + step < keys.length) {
            keys.splice(place + step, 0, ...keys.splice(place, 1));
            this.state.chosen = keys;
        }
    }

    setContacts(contacts) {
        this.state.contacts = contacts;
        if (contacts === "none") {
            this.state.chosen = this.state.chosen.filter((key) => !this.columns[key].is_contact);
        } else if (!this.state.chosen.some((key) => this.columns[key].is_contact)) {
            this.state.chosen.push(...this.known(["contact.name", "contact.email", "contact.phone"]));
        }
    }

    useTemplate(id) {
        this.state.templateId = id;
        this.state.isNaming = false;
        const template = this.template;
        this.state.chosen = this.known(template ? template.columns : this.info.chosen);
        this.state.fileType = template ? template.file_type : "xlsx";
        if (!this.isOfContacts) {
            this.state.contacts = template ? template.contacts : "none";
        }
    }

    startNaming() {
        Object.assign(this.state, { isNaming: true, name: this.template ? this.template.name : "", isShared: false });
    }

    get values() {
        return { columns: this.state.chosen, contacts: this.state.contacts, file_type: this.state.fileType };
    }

    async saveNew() {
        if (!this.state.name.trim()) {
            return;
        }
        const { isShared, name } = this.state;
        const [id] = await this.orm.create(TEMPLATE, [
            { ...this.values, name: name.trim(), scope: this.props.scope, is_shared: isShared },
        ]);
        await this.reloadTemplates(id);
    }

    async saveOld() {
        await this.orm.write(TEMPLATE, [this.template.id], this.values);
        await this.reloadTemplates(this.template.id);
    }

    async removeTemplate() {
        await this.orm.unlink(TEMPLATE, [this.template.id]);
        await this.reloadTemplates(0);
    }

    async reloadTemplates(id) {
        const { domain, scope, ids } = this.props;
        const info = await this.orm.call(MODEL, "get_export_dialog", [domain], { scope, ids: ids || null });
        Object.assign(this.state, { templates: info.templates, templateId: id, isNaming: false });
    }

    async save() {
        this.state.isBusy = true;
        try {
            await download({
                url: "/nestogy/clients/export",
                data: {
                    data: JSON.stringify({
                        ...this.values,
                        scope: this.props.scope,
                        domain: this.props.domain,
                        ids: this.props.ids || null,
                        filters: this.props.filters || "",
                        template: this.template ? this.template.name : "",
                    }),
                },
            });
            this.props.close();
        } finally {
            this.state.isBusy = false;
        }
    }
}
