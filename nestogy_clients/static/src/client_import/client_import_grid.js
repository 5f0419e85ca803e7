import { SelectMenu } from "@web/core/select_menu/select_menu";
import { Pager } from "@web/core/pager/pager";
import { _t } from "@web/core/l10n/translation";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { Component, onMounted, onPatched, onWillUpdateProps, useRef, useState } from "@odoo/owl";

import { columnLetters } from "./column_letters";

export const MODEL = "nestogy.client.import";
const LIMIT = 40;
const HEAD = -1; // the place of a row's number, deed and client, before its cells

const DEEDS = {
    create: { label: _t("Create"), tone: "success" },
    update: { label: _t("Update"), tone: "info" },
    skip: { label: _t("Skip"), tone: "secondary" },
    refuse: { label: _t("Refuse"), tone: "danger" },
};
const OUTCOMES = {
    create: { label: _t("Created"), tone: "success" },
    update: { label: _t("Updated"), tone: "info" },
    skipped: { label: _t("Skipped"), tone: "secondary" },
    refused: { label: _t("Refused"), tone: "danger" },
    undone: { label: _t("Taken back"), tone: "warning" },
    kept: { label: _t("Not taken back"), tone: "danger" },
};

/**
 * The rows of a file as a table: what each column becomes on top, mistakes marked in their cells, a cell edited where
 * it stands. One stop of the tab key; arrows go from cell to cell, the mistake of the one in focus is said below.
 */
export class ClientImportGrid extends Component {
    static template = "nestogy_clients.ClientImportGrid";
    static components = { Pager, SelectMenu };
    static props = {
        importId: Number,
        isEditable: Boolean,
        isEnded: Boolean,
        isUpdating: Boolean, // rows may change clients, so that what to do with filled values matters
        version: Number, // another number: everything is read anew
        mutex: Object, // what changes the import goes one after another
        onLoaded: Function,
        onChanged: Function, // all rows were looked at anew, or will be
    };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.table = useRef("table");
        this.input = useRef("input");
        this.keepLast = new KeepLast();
        this.limit = LIMIT;
        this.state = useState({ data: null, offset: 0, only: "", row: 0, column: HEAD, edit: null, said: "" });
        this.focusNext = false;
        // not before it is mounted: what is loaded changes the parent, which would begin anew
        onMounted(() => this.load());
        onWillUpdateProps((next) => {
            if (next.version !== this.props.version || next.importId !== this.props.importId) {
                Object.assign(this.state, { edit: null, said: "" });
                this.load(next);
            }
        });
        onPatched(() => this.restoreFocus());
    }

    async load(props = this.props) {
        const { offset, only } = this.state;
        const read = () => this.orm.call(MODEL, "get_grid", [[props.importId]], { offset, limit: LIMIT, only: only || false });
        const data = await this.keepLast.add(read());
        if (!data.rows.length && offset) {
            this.state.offset = 0;
            return this.load(props);
        }
        this.take(data);
    }

    take(data) {
        this.choices = [
            { value: "", label: _t("Leave out") },
            ...data.targets.map((target) => ({
                value: target.name,
                label: target.label,
                isRequired: target.required,
                help: target.help || "",
            })),
        ];
        this.state.data = data;
        this.state.row = Math.min(this.state.row, Math.max(data.rows.length - 1, 0));
        this.props.onLoaded(data);
    }

    // ------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------

    get chips() {
        const { counts } = this.state.data;
        const names = !this.props.isEnded
            ? [_t("Will be created"), _t("Will be updated"), _t("Will be skipped"), _t("With mistakes")]
            : [_t("Created"), _t("Updated"), _t("Skipped"), _t("Refused")];
        const chips = ["create", "update", "skip", "refuse"].map((key, place) => ({
            key,
            label: names[place],
            count: counts[key],
            tone: DEEDS[key].tone,
        }));
        return [{ key: "", label: _t("All rows"), count: counts.total, tone: "primary" }, ...chips];
    }

    badge(row) {
        if (row.state === "done") {
            return OUTCOMES[row.deed];
        }
        return OUTCOMES[row.state] || DEEDS[row.deed] || { label: _t("To do"), tone: "light" };
    }

    heading(column) {
        return column.heading || _t("Column %s", columnLetters(column.index));
    }

    targetLabel(column) {
        return column.target ? this.choices.find(({ value }) => value === column.target)?.label || column.target : "–";
    }

    cell(row, column) {
        return row.cells[column.index] || "";
    }

    problem(row, column) {
        return (row.problems || {})[String(column.index)] || "";
    }

    /** What is wrong with a row and not with one of its cells. */
    rowProblem(row) {
        return row.reason || (row.problems || {})[""] || "";
    }

    isHere(row, column) {
        return this.state.row === row && this.state.column === column;
    }

    isEdited(row, column) {
        const { edit } = this.state;
        return Boolean(edit) && edit.row === row && edit.column === column;
    }

    /** What is said about the cell in focus. */
    get words() {
        const { data, row: place, column } = this.state;
        const row = data.rows[place];
        if (!row) {
            return "";
        }
        if (column === HEAD) {
            const problem = this.rowProblem(row);
            return problem && _t("Line %(line)s: %(problem)s", { line: row.line, problem });
        }
        const problem = this.problem(row, data.columns[column]);
        const heading = this.heading(data.columns[column]);
        return problem && _t("Line %(line)s, %(heading)s: %(problem)s", { line: row.line, heading, problem });
    }

    // ------------------------------------------------------------------
    // Pages and filters
    // ------------------------------------------------------------------

    filter(only) {
        Object.assign(this.state, { only, offset: 0, row: 0, column: HEAD, edit: null });
        return this.load();
    }

    turn({ offset }) {
        Object.assign(this.state, { offset, row: 0, edit: null });
        return this.load();
    }

    openClient(row) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: row.client.id,
            views: [[false, "form"]],
        });
    }

    // ------------------------------------------------------------------
    // Columns
    // ------------------------------------------------------------------

    setTarget(column, target) {
        return this.setColumn(column, target || "", column.policy);
    }

    setPolicy(column, policy) {
        return this.setColumn(column, column.target || "", policy);
    }

    async setColumn(column, target, policy) {
        await this.props.mutex.exec(() =>
            this.orm.call(MODEL, "set_column", [[this.props.importId], column.index, target, policy])
        );
        return this.props.onChanged();
    }

    // ------------------------------------------------------------------
    // Cells
    // ------------------------------------------------------------------

    go(row, column) {
        const { columns, rows } = this.state.data;
        this.state.row = Math.max(0, Math.min(row, rows.length - 1));
        this.state.column = Math.max(HEAD, Math.min(column, columns.length - 1));
        this.focusNext = true;
    }

    restoreFocus() {
        if (this.input.el && document.activeElement !== this.input.el) {
            this.input.el.focus();
            this.input.el.setSelectionRange(this.input.el.value.length, this.input.el.value.length);
        } else if (this.focusNext && !this.state.edit) {
            this.focusNext = false;
            this.table.el?.querySelector("[data-place][tabindex='0']")?.focus();
        }
    }

    onFocus(row, column) {
        Object.assign(this.state, { row, column });
    }

    edit(row, column, text) {
        if (!this.props.isEditable || column === HEAD) {
            return;
        }
        const { columns, rows } = this.state.data;
        Object.assign(this.state, {
            row,
            column,
            said: "",
            edit: { row, column, text: text ?? this.cell(rows[row], columns[column]) },
        });
    }

    /** @param {KeyboardEvent} ev in a cell that is not edited */
    onKeydown(ev, row, column) {
        if (ev.target !== ev.currentTarget || ev.ctrlKey || ev.metaKey || ev.altKey) {
            return;
        }
        const { columns, rows } = this.state.data;
        const moves = {
            ArrowUp: [row - 1, column],
            ArrowDown: [row + 1, column],
            ArrowLeft: [row, column - 1],
            ArrowRight: [row, column + 1],
            Home: [row, HEAD],
            End: [row, columns.length - 1],
            PageUp: [0, column],
            PageDown: [rows.length - 1, column],
        };
        if (ev.key in moves) {
            this.go(...moves[ev.key]);
        } else if (["Enter", "F2"].includes(ev.key)) {
            if (column === HEAD && rows[row].client) {
                this.openClient(rows[row]);
            }
            this.edit(row, column);
        } else if (["Delete", "Backspace"].includes(ev.key)) {
            this.edit(row, column, "");
        } else if (ev.key.length === 1) {
            this.edit(row, column, ev.key);
        } else {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }

    /** @param {KeyboardEvent} ev in the field of the cell that is edited */
    onEditKeydown(ev) {
        ev.stopPropagation(); // the form knows these keys, too
        const { row, column } = this.state.edit;
        if (ev.key === "Escape") {
            this.state.edit = null;
            this.go(row, column);
        } else if (ev.key === "Enter" && !ev.shiftKey) {
            this.keep();
            this.go(row + 1, column);
        } else if (ev.key === "Tab") {
            this.keep();
            this.go(row, column + (ev.shiftKey ? -1 : 1));
        } else {
            return;
        }
        ev.preventDefault();
    }

    /** Keep what was typed; the row is looked at anew. */
    async keep() {
        const { edit, data } = this.state;
        if (!edit) {
            return;
        }
        this.state.edit = null;
        const row = data.rows[edit.row];
        const { index } = data.columns[edit.column];
        const before = row.cells[index] || "";
        if (edit.text === before) {
            return;
        }
        row.cells[index] = edit.text;
        let answer;
        try {
            answer = await this.props.mutex.exec(() =>
                this.orm.call(MODEL, "set_cell", [[this.props.importId], row.id, index, edit.text])
            );
        } catch (error) {
            row.cells[index] = before;
            throw error;
        }
        Object.assign(row, answer.row);
        data.counts = answer.counts;
        this.state.said = this.rowWords(row);
        this.props.onLoaded(data);
        if (!this.state.only) {
            await this.load(); // others may stand for the same client; a filtered page stays as it is
        }
    }

    rowWords(row) {
        const problems = Object.values(row.problems || {});
        return problems.length
            ? _t("Line %(line)s: %(problem)s", { line: row.line, problem: problems.join(" ") })
            : _t("Line %(line)s is right: %(deed)s", { line: row.line, deed: this.badge(row).label });
    }
}
