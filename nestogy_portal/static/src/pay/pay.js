import { Interaction } from "@web/public/interaction";
import { registry } from "@web/core/registry";

/** Show what is chosen while one chooses. The page works without it: the next page shows it anyway. */
export class PayChoice extends Interaction {
    static selector = ".nestogy-pay-form";
    dynamicContent = {
        _root: { "t-on-input": () => this.showSums(), "t-on-change": () => this.showSums() },
    };

    start() {
        this.showSums();
    }

    showSums() {
        for (const block of this.el.querySelectorAll(".nestogy-pay-block")) {
            const unit = 10 ** Number(block.dataset.decimals);
            let chosen = 0;
            let owed = 0;
            for (const row of block.querySelectorAll("tbody tr")) {
                if (row.querySelector(".nestogy-pay-choose:checked")) {
                    owed += Number(row.dataset.owed);
                    chosen += Math.round(Number(row.querySelector(".nestogy-pay-amount").value) * unit);
                }
            }
            const total = block.querySelector(".nestogy-pay-total").value;
            for (const field of block.querySelectorAll(".nestogy-pay-amount")) {
                field.disabled = Boolean(total);
            }
            const sum = total ? Math.min(Math.round(Number(total) * unit), owed) : chosen;
            const digits = Number(block.dataset.decimals);
            const number = new Intl.NumberFormat(document.documentElement.lang || undefined, {
                minimumFractionDigits: digits,
                maximumFractionDigits: digits,
            }).format(sum / unit);
            const { symbol, position } = block.dataset;
            block.querySelector(".nestogy-pay-figure").textContent =
                position === "before" ? `${symbol}\u00a0${number}` : `${number}\u00a0${symbol}`;
        }
    }
}

registry.category("public.interactions").add("nestogy_portal.pay_choice", PayChoice);
