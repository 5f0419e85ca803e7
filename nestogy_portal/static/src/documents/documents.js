import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";
import { _t } from "@web/core/l10n/translation";
import { fileProblem } from "@nestogy_portal/upload/file_problem";

/** Say before sending which files are too many or too large, and take files that are dropped. */
export class DocumentUpload extends Interaction {
    static selector = ".nestogy-drop";
    dynamicContent = {
        _root: {
            "t-on-dragover.prevent": () => this.mark(true),
            "t-on-dragleave": () => this.mark(false),
            "t-on-drop.prevent": (ev) => this.onDrop(ev),
            "t-on-submit": (ev) => this.onSubmit(ev),
        },
        "input[type=file]": { "t-on-change": () => this.check() },
    };

    setup() {
        this.input = this.el.querySelector("input[type=file]");
        this.message = this.el.querySelector(".nestogy-upload-message");
        this.button = this.el.querySelector("button[type=submit]");
    }

    mark(isOver) {
        this.el.classList.toggle("nestogy-over", isOver);
    }

    onDrop(ev) {
        this.mark(false);
        this.input.files = ev.dataTransfer.files;
        this.check();
    }

    /** @returns {boolean} whether the files may be sent */
    check() {
        const files = [...this.input.files];
        const total = files.reduce((sum, file) => sum + file.size, 0);
        let text = fileProblem(files, this.el.dataset);
        if (!text && total > 100 * 1024 * 1024) {
            text = _t("Please send at most 100 MB at a time.");
        }
        this.message.textContent = text;
        return !text;
    }

    onSubmit(ev) {
        if (!this.check()) {
            ev.preventDefault();
        } else {
            this.button.disabled = true;
            this.button.textContent = _t("Sending...");
        }
    }
}

registry.category("public.interactions").add("nestogy_portal.document_upload", DocumentUpload);
