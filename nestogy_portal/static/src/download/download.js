import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

const SECONDS = 3;

/** "All documents, on all pages" and the boxes of this page go together. The form works without it. */
export class EverythingSelection extends Interaction {
    static selector = ".nestogy-documents";
    dynamicContent = {
        _document: { "t-on-change": (ev) => this.onChange(ev.target) },
    };

    onChange(box) {
        const all = [...this.el.elements].find((each) => each.classList.contains("nestogy-everything"));
        if (!all || !box || box.form !== this.el) {
            return;
        }
        const boxes = [...this.el.elements].filter((each) => each.name === "document_ids");
        if (box === all) {
            for (const each of boxes) {
                each.checked = all.checked;
            }
            // whoever shows what is selected hears of it
            boxes[0]?.dispatchEvent(new Event("change", { bubbles: true }));
        } else if (boxes.some((each) => !each.checked)) {
            all.checked = false;
        }
        const count = [...this.el.elements]
            .map((each) => each.querySelector?.(".nestogy-selected-count"))
            .find((each) => each);
        if (count && all.checked) {
            count.textContent = `(${all.dataset.total})`;
        }
    }
}

/** Look every few seconds how far the documents are; the page works without it. */
export class ArchiveProgress extends Interaction {
    static selector = ".nestogy-archive[data-state=waiting]";

    start() {
        this.wait();
    }

    wait() {
        this.waitForTimeout(() => this.look(), SECONDS * 1000);
    }

    async look() {
        if (document.visibilityState === "visible") {
            try {
                const response = await this.waitFor(fetch(window.location.pathname, { cache: "no-store" }));
                const page = new DOMParser().parseFromString(await this.waitFor(response.text()), "text/html");
                const found = page.querySelector(".nestogy-archive");
                if (!response.ok || !found) {
                    return; // it is gone, or the visitor is
                }
                if (found.dataset.state !== "waiting" || found.dataset.printed !== this.el.dataset.printed) {
                    this.el.dataset.printed = found.dataset.printed;
                    const state = this.el.querySelector(".nestogy-archive-state");
                    state.replaceChildren(...found.querySelector(".nestogy-archive-state").childNodes);
                }
                if (found.dataset.state !== "waiting") {
                    return;
                }
            } catch {
                // the network comes back, or not: try again
            }
        }
        this.wait();
    }
}

registry.category("public.interactions").add("nestogy_portal.everything_selection", EverythingSelection);
registry.category("public.interactions").add("nestogy_portal.archive_progress", ArchiveProgress);
