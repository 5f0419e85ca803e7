import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { Mutex } from "@web/core/utils/concurrency";
import { checkFileSize } from "@web/core/utils/files";
import { useService } from "@web/core/utils/hooks";
import { getDataURLFromFile } from "@web/core/utils/urls";
import { FileUploader } from "@web/views/fields/file_handler";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";

import { ClientImportGrid, MODEL } from "./client_import_grid";
import { ClientImportUndo } from "./client_import_undo";

const FIELDS = ["encoding", "separator", "on_match"];
const RULES = {
    number: _t("Client ID"),
    email: _t("E-mail address"),
    vat: _t("Tax ID"),
    domain: _t("Domain of e-mail or website"),
    phone: _t("Phone number"),
    name: _t("Name"),
};
const NAMING = ["name", "contact1_name", "contact1_first_name", "contact1_last_name"];
const ENDED = ["done", "cancelled", "failed", "undone"];

/**
 * The way of a file of clients: choose it, see how it was read, say what its columns are and who is the same client,
 * correct its rows, start, and see what came of it.
 */
export class ClientImport extends Component {
    static template = "nestogy_clients.ClientImport";
    static components = { ClientImportGrid, FileUploader };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.root = useRef("root");
        this.mutex = new Mutex();
        this.state = useState({ problem: "", doing: "", version: 0, counts: null, hasName: true });
        useDropzone(this.root, (ev) => this.drop(ev), "", () => this.isDraft && !this.state.doing);
        let known = "";
        useRecordObserver((record) => {
            // what goes on in the background tells the record, and the rows follow
            const { is_checked, phase, state } = record.data;
            const now = JSON.stringify([record.resId, state, phase, is_checked]);
            if (known && known !== now) {
                this.state.version++;
            }
            known = now;
        });
        const warn = (ev) => {
            if (this.state.doing) {
                ev.preventDefault();
            }
        };
        onMounted(() => window.addEventListener("beforeunload", warn));
        onWillUnmount(() => window.removeEventListener("beforeunload", warn));
    }

    // ------------------------------------------------------------------
    // Where it is
    // ------------------------------------------------------------------

    get data() {
        return this.props.record.data;
    }

    get importId() {
        return this.props.record.resId;
    }

    get hasFile() {
        return Boolean(this.importId && (this.data.file || this.data.filename));
    }

    get isDraft() {
        return this.data.state === "draft";
    }

    get isChecking() {
        return !this.isDraft && this.data.phase === "check";
    }

    get isEnded() {
        return ENDED.includes(this.data.state) && this.data.phase === "run";
    }

    get hasRows() {
        return this.isDraft ? this.data.is_checked : this.data.phase === "run";
    }

    choices(name) {
        return this.props.record.fields[name].selection;
    }

    get sheets() {
        return this.data.sheets || [];
    }

    /** A text with columns, and neither a workbook nor an address book. */
    get isTable() {
        return !this.sheets.length && !/\.vcf$/i.test(this.data.filename || "");
    }

    get rules() {
        const chosen = this.data.match_rules || [];
        const rest = Object.keys(RULES).filter((key) => !chosen.includes(key));
        return [...chosen, ...rest].map((key) => ({
            key,
            label: RULES[key],
            isChosen: chosen.includes(key),
            isFirst: chosen[0] === key,
            isLast: chosen[chosen.length - 1] === key,
        }));
    }

    get startLabel() {
        const { create, update } = this.state.counts || { create: 0, update: 0 };
        if (create && update) {
            return _t("Create %(create)s, update %(update)s", { create, update });
        }
        return update ? _t("Update %s", update) : _t("Create %s", create);
    }

    get mayStart() {
        const { create, update } = this.state.counts || { create: 0, update: 0 };
        return this.hasRows && create + update > 0 && !this.state.doing;
    }

    get leftOut() {
        const refuse = this.state.counts?.refuse;
        return refuse
            ? _t("Rows with mistakes: %s. Correct them here, or leave them out and download them afterwards.", refuse)
            : "";
    }

    get figures() {
        const counts = this.state.counts;
        return [
            { label: _t("Created"), value: counts.create, tone: "success" },
            { label: _t("Updated"), value: counts.update, tone: "info" },
            { label: _t("Skipped"), value: counts.skip, tone: "secondary" },
            { label: _t("Refused"), value: counts.refuse, tone: counts.refuse ? "danger" : "secondary" },
        ];
    }

    get verdict() {
        const { state } = this.data;
        return {
            done: _t("The import is done."),
            undone: this.data.refused_count
                ? _t("The import was taken back, but for some rows: %s. The list says why.", this.data.refused_count)
                : _t("The import was taken back."),
            cancelled: _t("The import was stopped; what was done until then stays."),
            failed: _t("The import could not go on; see why above."),
        }[state];
    }

    // ------------------------------------------------------------------
    // The file
    // ------------------------------------------------------------------

    drop(ev) {
        const file = ev.dataTransfer?.files[0];
        if (file && checkFileSize(file.size, this.notification)) {
            return getDataURLFromFile(file).then((url) => this.take({ name: file.name, data: url.split(",")[1] }));
        }
    }

    async take({ name, data }) {
        const { record } = this.props;
        if (!data) {
            this.state.problem = _t("“%s” is empty.", name);
            return;
        }
        Object.assign(this.state, { problem: "", doing: _t("The file is sent…"), counts: null });
        try {
            await record.update({ file: data, filename: name, name, encoding: false, separator: false, sheet: false });
            if (!(await record.save())) {
                return;
            }
        } finally {
            this.state.doing = "";
        }
        await this.check();
    }

    /** Read the file as it is meant now, and look at each row. */
    async check() {
        Object.assign(this.state, { problem: "", doing: _t("The file is read…") });
        try {
            await this.mutex.exec(() => this.orm.call(MODEL, "action_check", [[this.importId]]));
        } catch (error) {
            if (!(error instanceof RPCError) || error.exceptionName !== "odoo.exceptions.UserError") {
                throw error;
            }
            this.state.problem = error.data.message;
        } finally {
            await this.refresh();
            this.state.doing = "";
        }
    }

    async refresh() {
        await this.props.record.load();
        this.state.version++;
    }

    async set(changes) {
        await this.mutex.exec(() => this.orm.write(MODEL, [this.importId], changes));
        await this.check();
    }

    // ------------------------------------------------------------------
    // Clients that are there already
    // ------------------------------------------------------------------

    async match({ rules = this.data.match_rules || [], onMatch = this.data.on_match }) {
        this.state.doing = _t("The rows are looked at…");
        try {
            await this.mutex.exec(() => this.orm.call(MODEL, "set_matching", [[this.importId], rules, onMatch]));
        } finally {
            await this.refresh();
            this.state.doing = "";
        }
    }

    toggleRule(key) {
        const chosen = this.data.match_rules || [];
        const isChosen = chosen.includes(key);
        return this.match({ rules: isChosen ? chosen.filter((each) => each !== key) : [...chosen, key] });
    }

    moveRule(key, by) {
        const chosen = [...(this.data.match_rules || [])];
        const place = chosen.indexOf(key);
        [chosen[place], chosen[place + by]] = [chosen[place + by], chosen[place]];
        return this.match({ rules: chosen });
    }

    // ------------------------------------------------------------------
    // Doing it
    // ------------------------------------------------------------------

    onLoaded({ columns, counts }) {
        this.state.counts = counts;
        this.state.hasName = columns.some(({ target }) => NAMING.includes(target));
    }

    async start() {
        this.state.doing = _t("The rows are taken in…");
        try {
            await this.mutex.exec(() => this.orm.call(MODEL, "action_start", [[this.importId]]));
        } finally {
            await this.refresh();
            this.state.doing = "";
        }
    }

    async showClients() {
        return this.action.doAction(await this.orm.call(MODEL, "action_open_clients", [[this.importId]]));
    }

    undo() {
        this.dialog.add(ClientImportUndo, { importId: this.importId, onDone: () => this.refresh() });
    }

    another() {
        return this.action.doAction("nestogy_clients.nestogy_client_import_new_action");
    }
}

registry.category("view_widgets").add("nestogy_client_import", {
    component: ClientImport,
    fieldDependencies: [
        ...FIELDS.map((name) => ({ name, type: "selection" })),
        { name: "file", type: "binary" },
        { name: "filename", type: "char" },
        { name: "name", type: "char" },
        { name: "detected", type: "char" },
        { name: "sheet", type: "char" },
        { name: "sheets", type: "json" },
        { name: "refused_count", type: "integer" },
        { name: "is_forgotten", type: "boolean" },
        { name: "match_rules", type: "json" },
        { name: "phase", type: "selection" },
        { name: "state", type: "selection" },
        { name: "is_checked", type: "boolean" },
        { name: "may_undo", type: "boolean" },
    ],
});
