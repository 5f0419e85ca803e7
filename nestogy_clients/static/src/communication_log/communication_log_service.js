import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { session } from "@web/session";
import { user } from "@web/core/user";
import "@web/webclient/user_menu/user_menu_items";
import { CommunicationLogDialog } from "./communication_log_dialog";

/**
 * What is being logged. Each entry is kept in the browser while it is typed, with its timer, so that neither a closed
 * dialog nor a closed browser loses a word; several calls can wait at once. What is private is kept by its tab alone and
 * goes with it, and nothing stays when its user signs out.
 */
export const communicationLogService = {
    dependencies: ["action", "dialog", "hotkey"],
    start(env, { action, dialog, hotkey }) {
        const prefix = `nestogy.log.${session.db}.${user.userId}.`;
        const stores = [browser.localStorage, browser.sessionStorage];
        const state = reactive({ drafts: [], openKey: "" });

        const keysIn = (store, start) =>
            Array.from({ length: store.length }, (_, index) => store.key(index)).filter((key) => key.startsWith(start));

        const read = () => {
            const drafts = [];
            for (const store of stores) {
                for (const key of keysIn(store, prefix)) {
                    try {
                        drafts.push(JSON.parse(store.getItem(key)));
                    } catch {
                        store.removeItem(key); // half a draft is none
                    }
                }
            }
            state.drafts = drafts.sort((a, b) => b.at - a.at);
        };

        const remove = (draft) => stores.forEach((store) => store.removeItem(prefix + draft.key));

        const keep = (draft) => {
            remove(draft); // it may have become private
            stores[draft.isPrivate ? 1 : 0].setItem(prefix + draft.key, JSON.stringify(draft));
            read();
        };

        const drop = (draft) => {
            remove(draft);
            read();
        };

        /** Sign out, and leave nothing of what was typed on a device that others use; it is asked before. */
        const leave = (signOut) => {
            const go = () => {
                state.drafts.forEach(remove);
                signOut();
            };
            read();
            if (!state.drafts.length) {
                go();
                return;
            }
            dialog.add(ConfirmationDialog, {
                title: _t("Not logged yet"),
                body: _t("What you began to log and did not save is discarded when you log out (%s).", state.drafts.length),
                confirmLabel: _t("Discard and log out"),
                confirm: go,
                cancelLabel: _t("Stay"),
                cancel: () => {},
            });
        };

        const make = ({ client = false, kind = false, contactId = false, about = false }) => ({
            key: `${Date.now()}${Math.random().toString().slice(2, 8)}`,
            at: Date.now(),
            client,
            about,
            kind: kind || "call",
            direction: "out",
            contactId,
            isContactChosen: Boolean(contactId),
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

        // of whoever had this tab before
        keysIn(browser.sessionStorage, "nestogy.log.").forEach((key) => key.startsWith(prefix) || browser.sessionStorage.removeItem(key));
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
        return { state, open, keep, drop, leave };
    },
};

registry.category("services").add("nestogy_communication_log", communicationLogService);

const userMenu = registry.category("user_menuitems");
const logOutItem = userMenu.get("log_out");
userMenu.add(
    "log_out",
    (env) => {
        const item = logOutItem(env);
        return { ...item, callback: () => env.services.nestogy_communication_log.leave(item.callback) };
    },
    { force: true }
);

registry.category("actions").add("nestogy_log", (env, action, options) => {
    env.services.nestogy_communication_log.open(action.params, options.onClose);
});
