import { Component, onMounted, onWillDestroy, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import { Dialog } from "@web/core/dialog/dialog";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { deserializeDate, deserializeDateTime, serializeDate, serializeDateTime } from "@web/core/l10n/dates";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { useService } from "@web/core/utils/hooks";
import { clockText, elapsedTime, parseClock } from "./communication_clock";

const { DateTime } = luxon;
const ICONS = {
    call: "fa-phone",
    email: "fa-envelope-o",
    meeting: "fa-users",
    note: "fa-sticky-note-o",
    text: "fa-comment-o",
};
const KEYS = { c: "call", e: "email", m: "meeting", n: "note", t: "text" };
const EDITABLE = "input, textarea, select, [contenteditable=true], .o_datetime_picker";
const HOUR = 3600_000;

/** Logs a call, e-mail, meeting, note or text with a client. What is typed is kept at once (see the service). */
export class CommunicationLogDialog extends Component {
    static template = "nestogy_clients.CommunicationLogDialog";
    static components = { DateTimeInput, Dialog, RecordSelector };
    static props = {
        close: Function,
        draft: Object,
        chooseKind: Boolean,
        onSaved: { type: Function, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.log = useService("nestogy_communication_log");
        this.root = useRef("root");
        this.draft = useState(this.props.draft);
        this.data = useState({ client: false, contacts: [], kinds: [], directions: [], outcomes: [], mayFollowUp: false });
        this.view = useState({ now: Date.now(), isSaving: false, error: "" });
        this.isDone = false;
        this.env.dialogData.dismiss = () => this.keep();
        onWillStart(() => this.load());
        onMounted(() => {
            this.ticking = setInterval(() => (this.view.now = Date.now()), 500);
            const clientInput = !this.draft.client && ".o_nestogy_log_client input";
            this.focus(clientInput || (this.props.chooseKind ? ".o_nestogy_log_kind.active" : "textarea"));
        });
        useEffect(
            (isRunning) => {
                if (document.activeElement === document.body) {
                    // the button that was pressed is gone; the keyboard goes on at the one in its place
                    this.focus(isRunning ? ".o_nestogy_log_pause" : ".o_nestogy_log_start");
                }
            },
            () => [this.isRunning]
        );
        onWillDestroy(() => clearInterval(this.ticking));
    }

    async load() {
        if (!this.draft.client) {
            return;
        }
        const data = await this.orm.call("res.partner", "get_client_log_data", [this.draft.client.id]);
        Object.assign(this.data, data);
        this.draft.client = { id: data.client.id, name: data.client.name };
        const people = data.contacts.map((contact) => contact.id);
        if (!people.includes(this.draft.contactId)) {
            this.draft.contactId = data.contacts.find((contact) => contact.isPrimary)?.id || false;
            this.draft.isContactChosen = false;
        }
        if (!this.numbers.some(({ number }) => number === this.draft.phone)) {
            this.draft.phone = this.numbers[0]?.number || "";
        }
    }

    focus(selector) {
        this.root.el?.querySelector(selector)?.focus();
    }

    // What is shown

    get title() {
        const { client, about } = this.draft;
        return client ? [client.name, about && about.name].filter(Boolean).join(" · ") : _t("Log");
    }

    get icons() {
        return ICONS;
    }

    keyOf(kind) {
        return Object.keys(KEYS).find((key) => KEYS[key] === kind);
    }

    get clientDomain() {
        return [["is_client", "=", true]];
    }

    get staffDomain() {
        return [["share", "=", false]];
    }

    get hasDirection() {
        return ["call", "email", "text"].includes(this.draft.kind);
    }

    get isTimed() {
        return ["call", "meeting"].includes(this.draft.kind);
    }

    get hasNumber() {
        return ["call", "text"].includes(this.draft.kind);
    }

    get notesWords() {
        return {
            label: this.draft.kind === "text" ? _t("Text") : _t("Notes"),
            placeholder: {
                email: _t("What was written, and what was agreed"),
                note: _t("What colleagues should know"),
                text: _t("What was written"),
            }[this.draft.kind] || _t("What was said, and what was agreed"),
        };
    }

    get isRunning() {
        return this.draft.timer.startedAt > 0;
    }

    get clock() {
        return clockText(elapsedTime(this.draft.timer, this.view.now));
    }

    /** One talks to the primary contact unless told otherwise; a note is about the client itself. */
    get contactId() {
        return (this.draft.kind !== "note" || this.draft.isContactChosen) && this.draft.contactId;
    }

    /** The numbers of the person, then those of the client. */
    get numbers() {
        const contact = this.data.contacts.find(({ id }) => id === this.draft.contactId);
        const numbers = [...(contact?.numbers || []), ...(this.data.client?.numbers || [])];
        return numbers.filter((each, index) => numbers.findIndex(({ number }) => number === each.number) === index);
    }

    get numberUrl() {
        return this.numbers.find(({ number }) => number === this.draft.phone)?.url;
    }

    get date() {
        return this.draft.date ? deserializeDateTime(this.draft.date) : false;
    }

    get dateTimeFormat() {
        return `${localization.dateFormat} ${localization.timeFormat.replace(":ss", "")}`;
    }

    get followUpDate() {
        return this.draft.followUp.date ? deserializeDate(this.draft.followUp.date) : false;
    }

    // What is typed

    /** Change the draft, and keep it from now on. */
    set(values) {
        Object.assign(this.draft, values);
        this.view.error = "";
        this.touch();
    }

    touch() {
        this.isTouched = true;
        this.log.keep({ ...this.draft, at: Date.now() });
    }

    async setClient(id) {
        if (!id) {
            return;
        }
        this.draft.client = { id, name: "" };
        await this.load();
        this.focus(this.props.chooseKind ? ".o_nestogy_log_kind.active" : "textarea");
    }

    setKind(kind) {
        if (this.isRunning && !["call", "meeting"].includes(kind)) {
            this.pause();
        }
        this.draft.kind = kind;
        if (this.isTouched) {
            this.touch();
        }
        this.focus("textarea");
    }

    setContact(ev) {
        this.draft.contactId = Number(ev.target.value) || false;
        this.draft.isContactChosen = true;
        this.set({ phone: this.numbers[0]?.number || "" });
    }

    setDate(date) {
        this.set({ date: date ? serializeDateTime(date) : "" });
    }

    setFollowUp(values) {
        this.set({ followUp: { ...this.draft.followUp, ...values } });
    }

    toggleFollowUp() {
        const tomorrow = DateTime.now().plus({ days: 1 });
        const next = tomorrow.weekday > 5 ? tomorrow.plus({ days: 8 - tomorrow.weekday }) : tomorrow;
        const isOn = !this.draft.followUp.isOn;
        this.setFollowUp({ isOn, date: this.draft.followUp.date || serializeDate(next) });
        if (isOn) {
            // the fields stand after the next drawing
            setTimeout(() => this.focus(".o_nestogy_log_follow_up input"));
        }
    }

    onKeydown(ev) {
        const isPlain = !ev.ctrlKey && !ev.altKey && !ev.metaKey && !ev.isComposing;
        if (!isPlain) {
            return;
        }
        if (ev.key === "Enter" && ev.target.matches(".o_nestogy_log_line")) {
            ev.preventDefault(); // once more, and it is saved
            this.root.el.closest(".modal-content").querySelector(".o_nestogy_log_save").focus();
        } else if (!ev.target.closest(EDITABLE) && KEYS[ev.key.toLowerCase()]) {
            ev.preventDefault();
            this.setKind(KEYS[ev.key.toLowerCase()]);
        }
    }

    // The timer

    start() {
        const startedAt = Date.now();
        const elapsed = this.draft.timer.elapsed;
        const date = this.draft.date || serializeDateTime(DateTime.now());
        this.view.now = startedAt;
        this.set({ timer: { startedAt, elapsed }, date });
    }

    pause() {
        const elapsed = elapsedTime(this.draft.timer, Date.now());
        this.set({ timer: { startedAt: 0, elapsed } });
    }

    stop() {
        this.pause();
        this.focus("textarea");
    }

    setClock(ev) {
        const elapsed = parseClock(ev.target.value);
        if (elapsed === null) {
            ev.target.value = this.clock;
            this.view.error = _t("A duration is written like 5 (minutes), 5:30 or 1:05:30.");
            return;
        }
        this.set({ timer: { startedAt: 0, elapsed } });
    }

    onDial() {
        this.draft.direction = "out";
        if (!this.isRunning) {
            this.start();
        }
    }

    // The end

    get values() {
        const { draft } = this;
        return {
            kind: draft.kind,
            direction: this.hasDirection && draft.direction,
            contact_id: this.contactId,
            name: draft.name.trim(),
            notes: draft.notes,
            phone: this.hasNumber && draft.phone,
            place: draft.kind === "meeting" && draft.place,
            outcome: draft.kind === "call" && draft.outcome,
            duration: this.isTimed ? elapsedTime(draft.timer, Date.now()) / HOUR : 0,
            is_pinned: draft.isPinned,
            is_private: draft.isPrivate,
            is_shared: draft.isShared,
            ...(draft.date && { date: draft.date }),
            ...(draft.about && { res_model: draft.about.model, res_id: draft.about.id }),
        };
    }

    async save() {
        const { draft } = this;
        if (this.view.isSaving) {
            return;
        }
        if (!draft.client) {
            this.view.error = _t("Choose the client first.");
            this.focus(".o_nestogy_log_client input");
            return;
        }
        if (!["call", "meeting"].includes(draft.kind) && !draft.notes.trim() && !draft.name.trim()) {
            this.view.error = this.draft.kind === "note" ? _t("Write the note first.") : _t("Write what was said first.");
            this.focus("textarea");
            return;
        }
        if (this.isRunning) {
            this.pause();
        }
        const { isOn, summary, date, userId } = draft.followUp;
        const followUp = isOn && { summary, date, user_id: userId };
        this.view.isSaving = true;
        try {
            await this.orm.call("res.partner", "log_communication", [draft.client.id, this.values, followUp || null]);
        } catch (error) {
            if (!error.data?.message || !error.exceptionName?.startsWith("odoo.exceptions.")) {
                throw error; // what is typed is still there
            }
            this.view.error = error.data.message;
            return;
        } finally {
            this.view.isSaving = false;
        }
        this.log.drop(draft);
        this.notification.add(_t("Logged with %s.", draft.client.name), { type: "success" });
        this.props.close();
        await this.props.onSaved?.();
    }

    /** Close the dialog; what was typed waits in the bar at the top. */
    keep() {
        if (this.draft.notes || this.draft.name || this.draft.timer.elapsed || this.isRunning) {
            this.touch();
        } else {
            this.log.drop(this.draft);
        }
        this.props.close();
    }

    discard() {
        const drop = () => {
            this.log.drop(this.draft);
            this.props.close();
        };
        if (!this.draft.notes.trim() && !this.draft.timer.elapsed && !this.isRunning) {
            drop();
            return;
        }
        this.dialog.add(ConfirmationDialog, {
            title: _t("Discard this entry?"),
            body: _t("Its notes and its time are lost."),
            confirmLabel: _t("Discard"),
            confirmClass: "btn-danger",
            confirm: drop,
            cancelLabel: _t("Go on"),
            cancel: () => {},
        });
    }
}
