import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** Select all documents of the page at once, and show how many are selected. The form works without it. */
export class DocumentSelection extends Interaction {
    static selector = ".nestogy-documents";
    dynamicContent = {
        _document: { "t-on-change": (ev) => this.onChange(ev) },
    };

    start() {
        this.showCount();
    }

    get boxes() {
        return [...this.el.elements].filter((box) => box.name === "document_ids");
    }

    get allBox() {
        return [...this.el.elements].find((box) => box.classList.contains("nestogy-select-all"));
    }

    onChange(ev) {
        const box = ev.target;
        if (!box || box.form !== this.el) {
            return;
        }
        if (box === this.allBox) {
            for (const each of this.boxes) {
                each.checked = box.checked;
            }
        }
        this.showCount();
    }

    showCount() {
        const selected = this.boxes.filter((box) => box.checked).length;
        const allBox = this.allBox;
        if (allBox) {
            allBox.checked = selected > 0 && selected === this.boxes.length;
            allBox.indeterminate = selected > 0 && selected < this.boxes.length;
        }
        for (const button of [...this.el.elements].filter((each) => each.type === "submit")) {
            const count = button.querySelector(".nestogy-selected-count");
            if (count) {
                count.textContent = selected ? `(${selected})` : "";
            }
        }
    }
}

registry.category("public.interactions").add("nestogy_portal.document_selection", DocumentSelection);
