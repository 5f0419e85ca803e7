import { EventBus } from "@odoo/owl";

/** Tells the form of a ticket what its composer is doing: `WRITING` with `{ id, isWriting }`. */
export const deskBus = new EventBus();
