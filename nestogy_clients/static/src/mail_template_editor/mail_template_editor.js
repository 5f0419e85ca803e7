import { HtmlField, htmlField } from "@html_editor/fields/html_field";
import { _t } from "@web/core/l10n/translation";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { KeepLast } from "@web/core/utils/concurrency";
import { useDebounced } from "@web/core/utils/timing";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillStart, toRaw, useExternalListener, useState } from "@odoo/owl";

const SUBJECT = ".o_nestogy_mail_subject input";
// the editor of each form's body; it is made before the widgets beside it listen to anything
const editors = new WeakMap();

function editorOf(record) {
    const editor = editors.get(toRaw(record.model));
    // not yet attached, or gone with its dialog
    return editor?.editable && !editor.isDestroyed ? editor : null;
}

/** The body of a template: an ordinary HTML field that tells its neighbours about its editor and each change. */
export class MailBodyField extends HtmlField {
    onEditorLoad(editor) {
        super.onEditorLoad(editor);
        editors.set(toRaw(this.props.record.model), editor);
    }

    onChange() {
        super.onChange();
        this.props.record.model.bus.trigger("NESTOGY_MAIL_TYPED");
    }
}

registry.category("fields").add("nestogy_mail_body", { ...htmlField, component: MailBodyField });

/** The words that are filled in when the mail is sent; a click puts one where the cursor is or was last. */
export class MailPlaceholders extends Component {
    static template = "nestogy_clients.MailPlaceholders";
    static props = { ...standardWidgetProps };

    setup() {
        this.state = useState({ inSubject: false });
        useExternalListener(document, "focusin", ({ target }) => {
            if (target.matches(SUBJECT)) {
                this.state.inSubject = true;
            } else if (target.closest(".odoo-editor-editable")) {
                this.state.inSubject = false;
            }
        });
    }

    get placeholders() {
        return this.props.record.data.placeholders || [];
    }

    insert(placeholder) {
        const text = `{${placeholder.name}}`;
        const subject = document.querySelector(SUBJECT);
        const editor = editorOf(this.props.record);
        if (this.state.inSubject && !placeholder.is_block && subject) {
            subject.focus();
            subject.setRangeText(text, subject.selectionStart, subject.selectionEnd, "end");
            subject.dispatchEvent(new InputEvent("input", { bubbles: true }));
        } else if (editor) {
            editor.shared.selection.focusEditable();
            editor.shared.dom.insert(text);
            editor.shared.history.addStep();
        }
    }
}

registry.category("view_widgets").add("nestogy_mail_placeholders", {
    component: MailPlaceholders,
    fieldDependencies: [{ name: "placeholders", type: "json" }],
});

/** What the mail will look like with a real document, rendered by the server from the texts as they are typed. */
export class MailPreview extends Component {
    static template = "nestogy_clients.MailPreview";
    static components = { RecordSelector };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.keepLast = new KeepLast();
        this.state = useState({
            preview: { error: "", subject: "", body: "", recipients: "", model: false, domain: [] },
            documentId: false,
            lang: "",
            languages: [],
            isSending: false,
        });
        this.scope = "";
        const refreshSoon = useDebounced(() => this.refresh(), 500);
        const { bus } = this.props.record.model;
        useBus(bus, "NESTOGY_MAIL_TYPED", refreshSoon);
        useExternalListener(document, "input", ({ target }) => target.matches(SUBJECT) && refreshSoon());
        useRecordObserver((record) => {
            // named, so that a change of any of them is seen
            const { kind, client_id, group_id, company_id, lang, subject, body } = record.data;
            const scope = JSON.stringify([kind, client_id?.id, group_id?.id, company_id?.id, record.resId]);
            if (scope !== this.scope) {
                this.scope = scope;
                this.state.documentId = false;
            }
            this.watched = [lang, subject, body];
            refreshSoon();
        });
        onWillStart(async () => {
            this.state.languages = await this.orm.call("res.lang", "get_installed", []);
        });
        onMounted(() => this.refresh());
    }

    /** The texts as they stand on the screen, saved or not. */
    get values() {
        const { data } = this.props.record;
        const input = document.querySelector(SUBJECT);
        const editor = editorOf(this.props.record);
        return {
            kind: data.kind,
            lang: data.lang,
            client_id: data.client_id?.id || false,
            group_id: data.group_id?.id || false,
            company_id: data.company_id?.id || false,
            subject: input ? input.value : data.subject || "",
            body: editor ? editor.getContent() : (data.body || "").toString(),
        };
    }

    /** The body in a page of its own: no style of ours reaches it, and nothing in it runs. */
    get page() {
        return `<body style="font: 14px sans-serif; margin: 8px 16px;">${this.state.preview.body}</body>`;
    }

    async refresh() {
        const call = this.orm.silent.call("nestogy.client.mail.template", "get_preview", [
            this.values,
            this.state.documentId,
            this.state.lang || false,
        ]);
        try {
            this.state.preview = { ...this.state.preview, ...(await this.keepLast.add(call)) };
        } catch (error) {
            this.state.preview.error = error.data?.message || _t("The preview could not be made.");
        }
    }

    selectDocument(documentId) {
        this.state.documentId = documentId;
        this.refresh();
    }

    selectLang(ev) {
        this.state.lang = ev.target.value;
        this.refresh();
    }

    async sendTest() {
        this.state.isSending = true;
        try {
            const address = await this.orm.call("nestogy.client.mail.template", "send_test", [
                this.values,
                this.state.documentId,
                this.state.lang || false,
            ]);
            this.notification.add(_t("Test mail sent to %s.", address), { type: "success" });
        } finally {
            this.state.isSending = false;
        }
    }
}

registry.category("view_widgets").add("nestogy_mail_preview", {
    component: MailPreview,
    fieldDependencies: [
        { name: "client_id", type: "many2one" },
        { name: "group_id", type: "many2one" },
        { name: "company_id", type: "many2one" },
    ],
});
