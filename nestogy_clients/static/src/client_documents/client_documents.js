import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { useDropzone } from "@web/core/dropzone/dropzone_hook";
import { FileModel } from "@web/core/file_viewer/file_model";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { checkFileSize } from "@web/core/utils/files";
import { useService } from "@web/core/utils/hooks";
import { getDataURLFromFile } from "@web/core/utils/urls";
import { FileUploader } from "@web/views/fields/file_handler";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { X2ManyField, x2ManyField } from "@web/views/fields/x2many/x2many_field";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const DOCUMENT = "nestogy.client.document";
const TONES = { new: "success", version: "info", same: "info", refused: "danger" };

/** Tell what became of each file; what was refused stays until somebody has read it. */
function tellOutcomes(notification, outcomes) {
    for (const tone of ["refused", "same", "version"]) {
        for (const { name, message } of outcomes.filter((each) => each.outcome === tone)) {
            notification.add(message, { title: name, type: TONES[tone], sticky: tone === "refused" });
        }
    }
    const added = outcomes.filter((each) => each.outcome === "new");
    if (added.length === 1) {
        notification.add(added[0].message, { title: added[0].name, type: TONES.new });
    } else if (added.length) {
        notification.add(_t("%s documents added.", added.length), { type: TONES.new });
    }
}

/** The documents of a client or a contact: drop files on it, or choose them. */
export class ClientDocuments extends X2ManyField {
    static template = "nestogy_clients.ClientDocuments";
    static props = { ...X2ManyField.props, roomField: { type: String, optional: true } };

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.zone = useRef("zone");
        this.input = useRef("input");
        this.upload = useState({ folders: [], folderId: 0, done: 0, total: 0, isAllowed: false });
        useDropzone(this.zone, (ev) => this.onDrop(ev), "", () => this.upload.isAllowed);
        onWillStart(async () => {
            this.upload.isAllowed = await user.checkAccessRight(DOCUMENT, "create");
            if (this.upload.isAllowed) {
                this.upload.folders = await this.orm.searchRead(`${DOCUMENT}.folder`, [], ["name"]);
            }
        });
    }

    get room() {
        return this.props.roomField && this.props.record.data[this.props.roomField];
    }

    onDrop(ev) {
        return this.uploadFiles([...ev.dataTransfer.files]);
    }

    async onChosen(ev) {
        await this.uploadFiles([...ev.target.files]);
        ev.target.value = null;
    }

    /** What was typed would be lost when the documents are read again. */
    async isSaved() {
        const { record } = this.props;
        if (record === record.model.root) {
            return record.save();
        }
        const isDirty = await record.isDirty();
        if (isDirty) {
            const message = _t("Save your changes first, then upload documents.");
            this.notificationService.add(message, { type: "warning" });
        }
        return !isDirty;
    }

    /** One file after the other, so that a large or bad one holds up nothing. */
    async uploadFiles(files) {
        const { record } = this.props;
        if (!files.length || this.upload.total || !(await this.isSaved())) {
            return;
        }
        const outcomes = [];
        this.upload.total = files.length;
        try {
            for (const file of files) {
                if (checkFileSize(file.size, this.notificationService)) {
                    outcomes.push(await this.uploadFile(file));
                }
                this.upload.done += 1;
            }
        } finally {
            Object.assign(this.upload, { done: 0, total: 0 });
            tellOutcomes(this.notificationService, outcomes);
            await record.load();
        }
    }

    async uploadFile(file) {
        let data;
        try {
            data = (await getDataURLFromFile(file)).split(",")[1] || "";
        } catch {
            const message = _t("This cannot be read; a folder cannot be uploaded as a whole.");
            return { name: file.name, outcome: "refused", message };
        }
        const files = [{ name: file.name, data }];
        const folderId = Number(this.upload.folderId) || false;
        return (await this.orm.call(DOCUMENT, "upload_files", [this.props.record.resId, files, folderId]))[0];
    }
}

registry.category("fields").add("nestogy_client_documents", {
    ...x2ManyField,
    component: ClientDocuments,
    additionalClasses: ["o_field_one2many"],
    extractProps: (info, dynamicInfo) => ({
        ...x2ManyField.extractProps(info, dynamicInfo),
        roomField: info.options.room_field,
    }),
});

/** The icon of a file; a click shows it, or saves what cannot be shown. */
export class DocumentFile extends Component {
    static template = "nestogy_clients.DocumentFile";
    static props = {
        ...standardFieldProps,
        nameField: { type: String, optional: true },
        size: { type: String, optional: true },
    };

    setup() {
        this.viewer = useFileViewer();
        this.action = useService("action");
    }

    get file() {
        const { data } = this.props.record;
        return Object.assign(new FileModel(), {
            id: data[this.props.name].id,
            name: data[this.props.nameField || "file_name"],
            mimetype: data.mimetype,
        });
    }

    get title() {
        return this.file.isViewable ? _t("Preview") : _t("Download");
    }

    get hasFile() {
        return Boolean(this.props.record.data[this.props.name]);
    }

    onClick() {
        const { file } = this;
        if (file.isViewable) {
            this.viewer.open(file);
        } else {
            this.action.doAction({ type: "ir.actions.act_url", url: file.downloadUrl, target: "download" });
        }
    }
}

registry.category("fields").add("nestogy_document_file", {
    component: DocumentFile,
    supportedTypes: ["many2one"],
    extractProps: ({ options }) => ({ nameField: options.name_field, size: options.size }),
});

/** The button that adds a file as the newest version of a document. */
export class DocumentNewVersion extends Component {
    static template = "nestogy_clients.DocumentNewVersion";
    static components = { FileUploader };
    static props = standardWidgetProps;

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
    }

    async onUploaded({ name, data }) {
        const { record } = this.props;
        if (await record.save()) {
            const outcome = await this.orm.call(DOCUMENT, "upload_version", [[record.resId], name, data]);
            tellOutcomes(this.notification, [outcome]);
            await record.load();
        }
    }
}

registry.category("view_widgets").add("nestogy_document_new_version", { component: DocumentNewVersion });
