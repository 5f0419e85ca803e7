import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { session } from "@web/session";
import { user } from "@web/core/user";
import { CommunicationLogDialog } from "./communication_log_dialog";

/**
 * What is being logged. Each entry is kept in the browser while it is typed, with its timer, so that neither a closed
 * dialog nor a closed browser loses a word; several calls can wait at once.
 */
export const communicationLogService = {
    dependencies: ["action", "dialog", "hotkey"],
    start(env, { action, dialog, hotkey }) {
        const prefix = `nestogy.log.${session.db}.${user.userId}.`;
        const state = reactive({ drafts: [], openKey: "" });

        const read = () => {
            const drafts = [];
            for (let index = 0; index < browser.localStorage.length; index++) {
                const key = browser.localStorage.key(index);
                if (key.startsWith(prefix)) {
                    try {
                        drafts.push(JSON.parse(browser.localStorage.getItem(key)));
                    } catch {
                        browser.localStorage.removeItem(key); // half a draft is none
                    }
                }
            }
            state.drafts = drafts.sort((a, b) => b.at - a.at);
        };

        const keep = (draft) => {
            browser.localStorage.setItem(prefix + draft.key, JSON.stringify(draft));
            read();
        };

        const drop = (draft) => {
            browser.localStorage.removeItem(prefix + draft.key);
            read();
        };

        const make = ({ client = false, kind = false, contactId = false, about = false }) => ({
            key: `${Date.now()}${Math.random().toString().slice(2, 8)}`,
            at: Date.now(),
            client,
            about,
            kind: kind || "call",
            direction: "out",
            contactId,
            phone: "",
            place: "",
            outcome: "",
            name: "",
            notes: "",
            date: "",
            duration: "",
            isPinned: false,
            isPrivate: false,
            isShared: false,
            timer: { startedAt: 0, elapsed: 0 },
            followUp: { isOn: false, summary: "", date: "", userId: user.userId },
        });

        /** A draft about the same, so that a second click goes on where the first one was. */
        const find = ({ client, kind, about }) =>
            state.drafts.find(
                (draft) =>
                    draft.client.id === (client && client.id) &&
                    (!kind || draft.kind === kind) &&
                    (draft.about && draft.about.id) === (about && about.id)
            );

        const open = (params = {}, onSaved = reload) => {
            if (state.openKey) {
                return;
            }
            const draft = params.draft || find(params) || make(params);
            state.openKey = draft.key;
            dialog.add(
                CommunicationLogDialog,
                { draft: JSON.parse(JSON.stringify(draft)), chooseKind: !params.kind && !params.draft, onSaved },
                { onClose: () => (state.openKey = "") }
            );
        };

        /** What is on the screen may show what was logged; what is being edited there stays as it is. */
        const reload = () => {
            if (!document.querySelector(".o_form_status_indicator_buttons:not(.invisible)")) {
                action.doAction("soft_reload");
            }
        };

        /** The client that the keyboard is on: the row with the focus, else the only row that is ticked. */
        const findClient = () => {
            const marked = (element) => element?.querySelector("[data-log-client]")?.dataset;
            const ticked = document.querySelectorAll(".o_data_row_selected");
            const data =
                marked(document.activeElement?.closest(".o_data_row, .o_kanban_record")) ||
                (ticked.length === 1 && marked(ticked[0]));
            return data ? { id: Number(data.logClient), name: data.logClientName } : false;
        };

        read();
        browser.addEventListener("storage", (ev) => ev.key?.startsWith(prefix) && read());
        user.checkAccessRight("nestogy.communication", "create").then((isAllowed) => {
            if (isAllowed) {
                // forms have a button with this key, which saves the form before
                hotkey.add("alt+l", () => open({ client: findClient() }), {
                    bypassEditableProtection: true,
                    isAvailable: () => !document.querySelector(".o_form_view [data-hotkey='l']"),
                });
            }
        });
        return { state, open, keep, drop };
    },
};

registry.category("services").add("nestogy_communication_log", communicationLogService);

registry.category("actions").add("nestogy_log", (env, action, options) => {
    env.services.nestogy_communication_log.open(action.params, options.onClose);
});
