import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { rpc } from "@web/core/network/rpc";
import { _t } from "@web/core/l10n/translation";
import { fileProblem } from "@nestogy_portal/upload/file_problem";

/** Show the latest message, tell that it was seen, and send only once. */
export class Messages extends Interaction {
    static selector = ".nestogy-talk";
    dynamicContent = {
        "form.nestogy-write": { "t-on-submit": (ev) => this.onSubmit(ev) },
        "form.nestogy-write input[type=file]": { "t-on-change": () => this.check() },
        _document: { "t-on-visibilitychange": () => this.tellSeen() },
    };

    setup() {
        this.latest = parseInt(this.el.dataset.latest) || 0;
        this.isTold = false;
    }

    start() {
        const list = this.el.querySelector(".nestogy-thread");
        if (list && this.el.dataset.isLatest) {
            list.scrollTop = list.scrollHeight;
        }
        this.tellSeen();
    }

    tellSeen() {
        if (this.latest && !this.isTold && document.visibilityState === "visible") {
            this.isTold = true;
            // a preview of staff may not, and the page does without
            rpc("/my/messages/seen", { message_id: this.latest }, { silent: true }).catch(() => {});
        }
    }

    /** @returns {boolean} whether the files may be sent */
    check() {
        const form = this.el.querySelector("form.nestogy-write");
        const text = fileProblem([...form.querySelector("input[type=file]").files], form.dataset);
        form.querySelector(".nestogy-upload-message").textContent = text;
        return !text;
    }

    onSubmit(ev) {
        if (!this.check()) {
            ev.preventDefault();
            return;
        }
        const button = ev.currentTarget.querySelector("button[type=submit]");
        button.disabled = true;
        button.textContent = _t("Sending...");
    }
}

registry.category("public.interactions").add("nestogy_portal.messages", Messages);
