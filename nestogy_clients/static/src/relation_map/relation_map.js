import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { formatDate, deserializeDate, serializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FormViewDialog } from "@web/views/view_dialogs/form_view_dialog";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillDestroy, onWillStart, onWillUpdateProps, useEffect, useRef, useState } from "@odoo/owl";
import { BOX, chartPath, connect, frame, layoutChart, layoutMap } from "./relation_layout";

const VIEW_KEY = "nestogy_clients.relations.view";
const VIEWS = ["chart", "map", "list"];
const ZOOM = { least: 0.3, most: 2.5, step: 1.25, readable: 0.7 };
const PAN = 60; // pixels that an arrow key moves the picture
const CLICK = 5; // pixels up to which a movement is still a click
const HOLD = 400; // milliseconds until a finger that rests on a person takes it
const ROLE_TONES = { decision_maker: "success", economic_buyer: "success", champion: "success", blocker: "danger" };

const today = () => serializeDate(luxon.DateTime.local());
const dayAfter = (text) => serializeDate(deserializeDate(text).plus({ days: 1 }));
const isTrueOn = (relation, day) => (!relation.from || relation.from <= day) && (!relation.to || relation.to >= day);

/**
 * The relations of a client and its people, or of a contact: as organisation chart, as map and as list. One call brings
 * all of it, and the server decides what the user may see.
 */
export class RelationMap extends Component {
    static template = "nestogy_clients.RelationMap";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.canvas = useRef("canvas");
        this.pointers = new Map();
        this.moved = 0; // pixels since a button was pressed
        this.taken = 0; // whom the mouse has
        this.lineOf = new Map();
        this.state = useState({
            data: null,
            error: "",
            view: "",
            depth: 1,
            withPast: false,
            day: "", // as of which all is shown, nothing for today
            picture: null,
            zoom: { k: 1, x: 0, y: 0 },
            height: 320,
            drag: null, // the person that is taken to another superior: id, x, y, over
        });
        onWillDestroy(() => clearTimeout(this.holding));
        onWillStart(() => this.load(this.props.record.resId));
        onWillUpdateProps((next) => {
            if (next.record.resId !== this.props.record.resId) {
                this.state.day = "";
                return this.load(next.record.resId);
            }
        });
        useEffect(
            () => this.fit(),
            () => [this.state.picture, Boolean(this.canvas.el)]
        );
    }

    async load(partnerId = this.props.record.resId) {
        if (!partnerId) {
            this.state.data = null;
            return;
        }
        try {
            const data = await this.orm.silent.call("res.partner", "get_relation_map", [[partnerId], this.state.depth]);
            Object.assign(this.state, { data, error: "" });
        } catch (error) {
            this.state.error = error.data?.message || _t("The relations could not be loaded.");
            return;
        }
        if (!this.state.view) {
            const kept = browser.localStorage.getItem(VIEW_KEY);
            this.state.view = VIEWS.includes(kept) ? kept : this.lines.length ? "chart" : "map";
        }
        this.draw();
    }

    // ------------------------------------------------------------------
    // What is shown
    // ------------------------------------------------------------------

    get openTitle() {
        return this.state.data.may_edit ? _t("Change") : _t("Show");
    }

    get kinds() {
        return Object.fromEntries(this.state.data.kinds.map((kind) => [kind.id, kind]));
    }

    get nodes() {
        return Object.fromEntries(this.state.data.nodes.map((node) => [node.id, node]));
    }

    /** The relations that are shown; what is current depends on the day. */
    get relations() {
        const { data, day, withPast } = this.state;
        const isOver = (relation) => withPast && !(day && relation.from > day);
        return data.relations
            .map((relation) => (day ? { ...relation, is_current: isTrueOn(relation, day) } : relation))
            .filter((relation) => relation.is_current || isOver(relation));
    }

    get lines() {
        return this.relations.filter((relation) => this.kinds[relation.kind].is_hierarchy);
    }

    /** Lines are changed from today on, so that it is today that has to be seen. */
    get mayDrag() {
        return this.state.view === "chart" && this.state.data.may_edit && !this.state.day;
    }

    get hasPast() {
        return this.state.data.relations.some((relation) => !relation.is_current);
    }

    /** The days on which something began or was over, and today. */
    get changes() {
        const ends = this.state.data.relations.filter((each) => each.to).map((each) => dayAfter(each.to));
        const starts = this.state.data.relations.filter((each) => each.from).map((each) => each.from);
        return [...new Set([...starts, ...ends, today()])].sort();
    }

    /** What the slider goes over: the days from the first change to the last one. */
    get slider() {
        const { changes } = this;
        const first = deserializeDate(changes[0]);
        const count = (text) => Math.round(deserializeDate(text).diff(first, "days").days);
        const day = this.state.day || today();
        return {
            most: count(changes.at(-1)),
            value: count(day),
            day: this.day(day),
            ticks: changes.map(count),
            hasEarlier: changes[0] < day,
            hasLater: day < changes.at(-1),
        };
    }

    get shownKinds() {
        const used = new Set((this.state.view === "chart" ? this.lines : this.relations).map((each) => each.kind));
        return this.state.data.kinds.filter((kind) => used.has(kind.id));
    }

    get rows() {
        const { nodes } = this;
        const sorted = [...this.relations].sort((a, b) => b.is_current - a.is_current); // what lasts comes first
        return sorted.map((relation) => ({
            ...relation,
            whoName: nodes[relation.who].name,
            otherName: nodes[relation.other].name,
            otherParent: this.parentName(nodes[relation.other]),
            whoRole: nodes[relation.who].role_label,
            otherRole: nodes[relation.other].role_label,
            since: this.day(relation.from),
            until: this.day(relation.to),
        }));
    }

    day(text) {
        return text ? formatDate(deserializeDate(text)) : "";
    }

    /** Where a person belongs, unless that is where we are. */
    parentName(node) {
        const root = this.nodes[this.state.data.root];
        return node.parent && node.parent !== root.id && node.parent !== root.parent ? node.parent_name : "";
    }

    tone(node) {
        return ROLE_TONES[node.role] || "info";
    }

    /** What a screen reader says of a box: who it is, and what it has to do with whom. */
    describe(node) {
        const { nodes, kinds } = this;
        const words = this.relations
            .filter((each) => each.left === node.id || each.right === node.id)
            .map((each) => {
                const isLeft = each.left === node.id;
                const kind = kinds[each.kind];
                return `${isLeft ? kind.name : kind.inverse} ${nodes[isLeft ? each.right : each.left].name}`;
            });
        return [node.name, node.title, this.parentName(node), node.role_label, ...words].filter(Boolean).join(", ");
    }

    // ------------------------------------------------------------------
    // Drawing
    // ------------------------------------------------------------------

    draw() {
        this.state.picture = this.state.view === "chart" ? this.drawChart() : this.drawMap();
    }

    drawChart() {
        const { data } = this.state;
        const lines = this.lines;
        const inLine = new Set(lines.flatMap((line) => [line.left, line.right]));
        const own = (node) => node.step === 0 && node.is_person && (node.id !== data.root || inLine.has(node.id));
        const nodes = data.nodes.filter((node) => inLine.has(node.id) || own(node));
        const columns = Math.max(2, Math.floor((this.canvas.el?.clientWidth || browser.innerWidth * 0.7) / BOX.width) - 1);
        const { places, solid, loose, looseY } = layoutChart(nodes, lines, columns);
        const edges = lines
            .filter((line) => places.has(line.left) && places.has(line.right))
            .map((line) => ({
                ...this.edge(line),
                path: solid.has(line.id)
                    ? chartPath(places.get(line.right), places.get(line.left))
                    : connect(places, line.left, line.right).path,
                look: solid.has(line.id) ? this.look(line) : `${this.look(line)} o_nestogy_faint`,
                label: "",
            }));
        this.lineOf = new Map(lines.filter((line) => solid.has(line.id)).map((line) => [line.left, line]));
        return this.picture(nodes, places, edges, loose.length ? { x: 0, y: looseY } : null);
    }

    drawMap() {
        const { data } = this.state;
        const relations = this.relations;
        const related = new Set(relations.flatMap((each) => [each.left, each.right]));
        const nodes = data.nodes.filter((node) => node.id === data.root || related.has(node.id) || node.role);
        const ids = new Set(nodes.map((node) => node.id));
        const homes = nodes
            .filter((node) => ids.has(node.parent))
            .map((node) => ({ id: `home${node.id}`, left: node.id, right: node.parent }));
        const places = layoutMap(nodes, [...relations, ...homes], data.root);
        const edges = homes.map((home) => ({
            id: home.id,
            ...connect(places, home.left, home.right),
            look: "o_nestogy_home",
            label: "",
            color: 0,
        }));
        const seen = new Map(); // several relations of the same two stand beside each other
        for (const relation of relations) {
            const pair = [relation.left, relation.right].sort((a, b) => a - b).join();
            const number = seen.get(pair) || 0;
            seen.set(pair, number + 1);
            const shift = Math.ceil(number / 2) * (number % 2 ? 18 : -18);
            edges.push({
                ...this.edge(relation),
                ...connect(places, relation.left, relation.right, relation.left < relation.right ? shift : -shift),
                hasArrow: !this.kinds[relation.kind].is_symmetric,
            });
        }
        return this.picture(nodes, places, edges, null);
    }

    edge(relation) {
        const kind = this.kinds[relation.kind];
        return {
            id: relation.id,
            color: kind.color % 12,
            label: kind.name,
            look: this.look(relation),
            width: relation.strength,
        };
    }

    look(relation) {
        return relation.is_current ? "" : "o_nestogy_past";
    }

    picture(nodes, places, edges, loose) {
        return {
            nodes: nodes.map((node) => ({
                ...node,
                ...places.get(node.id),
                isRoot: node.id === this.state.data.root,
                place: this.parentName(node),
                label: this.describe(node),
                tone: this.tone(node),
            })),
            edges,
            loose,
            frame: frame(places),
        };
    }

    // ------------------------------------------------------------------
    // Zooming and moving
    // ------------------------------------------------------------------

    /** Show the whole picture, or as much as can be read, with the root in the middle. */
    fit() {
        const el = this.canvas.el;
        const { picture } = this.state;
        if (!el || !picture) {
            return;
        }
        const { x, y, width, height } = picture.frame;
        const most = Math.max(280, browser.innerHeight * 0.65);
        const whole = Math.min(1, el.clientWidth / (width || 1), most / (height || 1));
        const k = Math.max(whole, ZOOM.readable);
        this.state.height = Math.round(Math.min(most, Math.max(200, height * k)));
        const highest = picture.nodes.reduce((top, node) => (top && top.y <= node.y ? top : node), undefined);
        const root = picture.nodes.find((node) => node.isRoot) || highest; // the chart of a firm has the firm not in it
        const middle =
            whole < ZOOM.readable && root ? { x: root.x, y: root.y } : { x: x + width / 2, y: y + height / 2 };
        const clamp = (value, least, most) => (least > most ? (least + most) / 2 : Math.min(most, Math.max(least, value)));
        const half = { x: el.clientWidth / 2 / k, y: this.state.height / 2 / k };
        middle.x = clamp(middle.x, x + half.x, x + width - half.x);
        middle.y = clamp(middle.y, y + half.y, y + height - half.y);
        this.state.zoom = { k, x: el.clientWidth / 2 - middle.x * k, y: this.state.height / 2 - middle.y * k };
    }

    zoomBy(factor, point) {
        const el = this.canvas.el;
        const at = point || { x: el.clientWidth / 2, y: el.clientHeight / 2 };
        const { k, x, y } = this.state.zoom;
        const next = Math.min(ZOOM.most, Math.max(ZOOM.least, k * factor));
        this.state.zoom = { k: next, x: at.x - ((at.x - x) * next) / k, y: at.y - ((at.y - y) * next) / k };
    }

    moveBy(x, y) {
        this.state.zoom = { ...this.state.zoom, x: this.state.zoom.x + x, y: this.state.zoom.y + y };
    }

    inCanvas(ev) {
        const rect = this.canvas.el.getBoundingClientRect();
        return { x: ev.clientX - rect.left, y: ev.clientY - rect.top };
    }

    onWheel(ev) {
        if (ev.ctrlKey || ev.metaKey) {
            ev.preventDefault();
            this.zoomBy(ev.deltaY < 0 ? ZOOM.step : 1 / ZOOM.step, this.inCanvas(ev));
        }
    }

    onPointerDown(ev) {
        if (ev.pointerType === "mouse" && ev.button) {
            return;
        }
        this.pointers.set(ev.pointerId, this.inCanvas(ev));
        this.moved = this.pointers.size > 1 ? this.moved : 0;
        const box = ev.target.closest(".o_nestogy_relation_node");
        const node = box && this.nodes[box.dataset.partner];
        // a finger moves the picture, a mouse or a finger that rested takes a person to another superior
        const isTaken = node?.is_person && this.mayDrag;
        clearTimeout(this.holding);
        this.taken = isTaken && ev.pointerType !== "touch" ? node.id : 0;
        if (isTaken && ev.pointerType === "touch" && this.pointers.size === 1) {
            this.holding = setTimeout(() => this.take(node.id), HOLD);
        }
    }

    /** A finger has rested on a person: from now on it moves the person, and what it ends on is not opened. */
    take(id) {
        this.taken = id;
        this.moved = CLICK;
        this.state.drag = { id, x: 0, y: 0, over: 0 };
    }

    /** A finger that rests opens no menu of the browser. */
    onContextMenu(ev) {
        if (this.taken && ev.pointerType !== "mouse") {
            ev.preventDefault();
        }
    }

    /** What a finger drags is not scrolled. */
    onTouchMove(ev) {
        if (this.taken) {
            ev.preventDefault();
        }
    }

    onPointerMove(ev) {
        const before = this.pointers.get(ev.pointerId);
        if (!before) {
            return;
        }
        const now = this.inCanvas(ev);
        const others = [...this.pointers].filter(([id]) => id !== ev.pointerId).map(([, point]) => point);
        this.pointers.set(ev.pointerId, now);
        this.moved += Math.hypot(now.x - before.x, now.y - before.y);
        if (this.moved < CLICK) {
            return;
        }
        clearTimeout(this.holding);
        this.canvas.el.setPointerCapture(ev.pointerId);
        if (this.taken) {
            this.drag(ev, now.x - before.x, now.y - before.y);
        } else if (others.length) {
            const [other] = others;
            const spread = (point) => Math.hypot(point.x - other.x, point.y - other.y) || 1;
            this.zoomBy(spread(now) / spread(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
            this.moveBy((now.x - before.x) / 2, (now.y - before.y) / 2);
        } else {
            this.moveBy(now.x - before.x, now.y - before.y);
        }
    }

    onPointerUp(ev) {
        this.pointers.delete(ev.pointerId);
        clearTimeout(this.holding);
        browser.setTimeout(() => (this.moved = 0)); // after the click that ends a move
        const { drag } = this.state;
        this.taken = 0;
        this.state.drag = null;
        if (drag?.over && ev.type === "pointerup") {
            this.askReportsTo(drag.id, drag.over);
        }
    }

    drag(ev, dx, dy) {
        const { drag, zoom } = this.state;
        const boxes = document.elementsFromPoint(ev.clientX, ev.clientY).map((el) => el.closest?.(".o_nestogy_relation_node"));
        const under = boxes.map((box) => Number(box?.dataset.partner || 0)).find((id) => id && id !== this.taken);
        this.state.drag = {
            id: this.taken,
            x: (drag?.x || 0) + dx / zoom.k,
            y: (drag?.y || 0) + dy / zoom.k,
            over: under && this.nodes[under].is_person ? under : 0,
        };
    }

    /** Where a box stands, also while it is taken somewhere. */
    placeOf(node) {
        const { drag } = this.state;
        const [x, y] = drag?.id === node.id ? [node.x + drag.x, node.y + drag.y] : [node.x, node.y];
        return `left: ${x - BOX.width / 2}px; top: ${y - BOX.height / 2}px; width: ${BOX.width}px; height: ${BOX.height}px`;
    }

    onKeydown(ev) {
        const moves = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
        if (ev.ctrlKey || ev.metaKey || ev.altKey) {
            return;
        }
        if (moves[ev.key]) {
            this.moveBy(...moves[ev.key]);
        } else if (ev.key === "+") {
            this.zoomBy(ZOOM.step);
        } else if (ev.key === "-") {
            this.zoomBy(1 / ZOOM.step);
        } else if (ev.key === "0") {
            this.fit();
        } else {
            return;
        }
        ev.preventDefault();
    }

    /** Whoever goes through the boxes by keyboard sees where he is. */
    onNodeFocus(node) {
        const el = this.canvas.el;
        const { k, x, y } = this.state.zoom;
        const [left, top] = [(node.x - BOX.width / 2) * k + x, (node.y - BOX.height / 2) * k + y];
        const [right, bottom] = [left + BOX.width * k, top + BOX.height * k];
        const past = (least, most, size) => (least < 0 ? 16 - least : most > size ? size - most - 16 : 0);
        if (!this.pointers.size) {
            this.moveBy(past(left, right, el.clientWidth), past(top, bottom, el.clientHeight));
        }
    }

    /** The browser scrolls to what has the focus; the picture moves by itself. */
    onScroll() {
        Object.assign(this.canvas.el, { scrollLeft: 0, scrollTop: 0 });
    }

    // ------------------------------------------------------------------
    // Doing
    // ------------------------------------------------------------------

    setView(view) {
        browser.localStorage.setItem(VIEW_KEY, view);
        this.state.view = view;
        this.draw();
    }

    /** Show what was true on a day, or will be. */
    setDay(day) {
        this.state.day = day === today() ? "" : day;
        this.draw();
    }

    onSlide(ev) {
        this.setDay(serializeDate(deserializeDate(this.changes[0]).plus({ days: Number(ev.target.value) })));
    }

    /** Go to the next day on which something changed, before or after the one that is shown. */
    stepDay(way) {
        const day = this.state.day || today();
        const next = way < 0 ? this.changes.filter((each) => each < day).at(-1) : this.changes.find((each) => each > day);
        this.setDay(next || day);
    }

    setDepth(depth) {
        this.state.depth = depth;
        return this.load();
    }

    togglePast() {
        this.state.withPast = !this.state.withPast;
        this.draw();
    }

    async openNode(id) {
        if (this.moved >= CLICK || id === this.props.record.resId) {
            return; // the end of a move, or where we are
        }
        this.action.doAction(await this.orm.call("res.partner", "action_relation_node", [[id]]));
    }

    openRelation(resId = false) {
        this.dialog.add(FormViewDialog, {
            resModel: "nestogy.relation",
            resId,
            title: resId ? _t("Relation") : _t("Add a Relation"),
            context: resId ? {} : { default_left_partner_id: this.props.record.resId },
            size: "lg",
            canExpand: false,
            preventEdit: !this.state.data.may_edit,
            onRecordSaved: () => this.load(),
            removeRecord: resId && this.state.data.may_edit ? () => this.remove(resId) : undefined,
        });
    }

    askReportsTo(personId, superiorId) {
        const line = this.lineOf.get(personId);
        if (line?.right === superiorId) {
            return;
        }
        const names = { name: this.nodes[personId].name, superior: this.nodes[superiorId].name };
        this.dialog.add(ConfirmationDialog, {
            title: _t("Reporting Line"),
            body: line
                ? _t("From today on %(name)s stands below %(superior)s. The line until now ends yesterday and stays in the list.", names)
                : _t("From today on %(name)s stands below %(superior)s.", names),
            confirmLabel: _t("Change"),
            confirm: async () => {
                await this.orm.call("res.partner", "set_reporting_line", [[personId], superiorId, line?.id || false]);
                await this.load();
            },
            cancel: () => {},
        });
    }

    async remove(relationId) {
        await this.orm.unlink("nestogy.relation", [relationId]);
        await this.load();
    }

    async end(relationId) {
        await this.orm.call("nestogy.relation", "action_end", [[relationId]]);
        await this.load();
    }
}

registry.category("view_widgets").add("nestogy_relation_map", { component: RelationMap });
