import { FormRenderer } from "@web/views/form/form_renderer";

const BESIDE = 1900; // pixels: the pane, two columns of cards and the messages

/** The profile needs the width: messages stand beside it where there is room for both, else below. */
export class ClientFormRenderer extends FormRenderer {
    mailLayout() {
        const layout = super.mailLayout(...arguments);
        return layout === "SIDE_CHATTER" && window.innerWidth < BESIDE ? "BOTTOM_CHATTER" : layout;
    }
}
