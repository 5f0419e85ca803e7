/**
 * Where the boxes of the organisation chart and of the map of relations stand. Nothing but arithmetic: the same
 * persons and relations always make the same picture.
 */

export const BOX = { width: 172, height: 58 };
const GAP = { x: 20, y: 54 };
const MAP_GAP = 40; // there is room for words between two boxes
const SPREAD = 1.7; // boxes are wider than high, and so is the map
const BENDS = [0, 70, -70, 140, -140, 210, -210]; // how far a line goes around what stands in its way
const SPOTS = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]; // where the words of a line may stand

const byRank = (a, b) => b.strength - a.strength || (a.from < b.from ? -1 : a.from > b.from ? 1 : a.id - b.id);

/** The rectangle around all boxes, with a margin. */
export function frame(places, margin = 24) {
    const xs = [...places.values()].map((place) => place.x);
    const ys = [...places.values()].map((place) => place.y);
    if (!xs.length) {
        return { x: 0, y: 0, width: 0, height: 0 };
    }
    const x = Math.min(...xs) - BOX.width / 2 - margin;
    const y = Math.min(...ys) - BOX.height / 2 - margin;
    return {
        x,
        y,
        width: Math.max(...xs) + BOX.width / 2 + margin - x,
        height: Math.max(...ys) + BOX.height / 2 + margin - y,
    };
}

/**
 * The reporting lines as trees, side by side; whoever has none stands in rows below.
 *
 * @param {{id: number}[]} nodes
 * @param {{id: number, left: number, right: number, strength: number, from: string}[]} lines the right end stands above
 * @param {number} columns how many without a line stand in a row
 * @returns {{places: Map<number, {x: number, y: number}>, solid: Set<number>, loose: number[], looseY: number}} `solid`
 *     are the lines that make the trees; further lines of the same person, and those that close a circle, are not in it
 */
export function layoutChart(nodes, lines, columns = 5) {
    const ids = new Set(nodes.map((node) => node.id));
    const above = new Map();
    const below = new Map();
    const solid = new Set();
    const isUnder = (id, top) => {
        for (let next = id; next !== undefined; next = above.get(next)) {
            if (next === top) {
                return true;
            }
        }
        return false;
    };
    for (const line of [...lines].sort(byRank)) {
        if (!ids.has(line.left) || !ids.has(line.right) || above.has(line.left) || isUnder(line.right, line.left)) {
            continue;
        }
        above.set(line.left, line.right);
        below.set(line.right, [...(below.get(line.right) || []), line.left]);
        solid.add(line.id);
    }
    const order = new Map(nodes.map((node, index) => [node.id, index]));
    const widths = new Map();
    const width = (id) => {
        const own = (below.get(id) || []).reduce((sum, child) => sum + width(child) + GAP.x, -GAP.x);
        widths.set(id, Math.max(BOX.width, own));
        return widths.get(id);
    };
    const places = new Map();
    const put = (id, left, level) => {
        const children = (below.get(id) || []).sort((a, b) => order.get(a) - order.get(b));
        const span = children.reduce((sum, child) => sum + widths.get(child) + GAP.x, -GAP.x);
        let x = left + (widths.get(id) - Math.max(span, 0)) / 2;
        for (const child of children) {
            put(child, x, level + 1);
            x += widths.get(child) + GAP.x;
        }
        const ends = children.length ? [children[0], children.at(-1)].map((child) => places.get(child).x) : null;
        places.set(id, {
            x: ends ? (ends[0] + ends[1]) / 2 : left + widths.get(id) / 2,
            y: level * (BOX.height + GAP.y),
        });
    };
    const tops = nodes.filter((node) => !above.has(node.id) && below.has(node.id));
    let left = 0;
    for (const top of tops) {
        width(top.id);
        put(top.id, left, 0);
        left += widths.get(top.id) + 2 * GAP.x;
    }
    const loose = nodes.filter((node) => !places.has(node.id)).map((node) => node.id);
    const bottom = Math.max(-GAP.y, ...[...places.values()].map((place) => place.y + BOX.height / 2));
    const looseY = bottom + GAP.y;
    loose.forEach((id, index) =>
        places.set(id, {
            x: (index % columns) * (BOX.width + GAP.x) + BOX.width / 2,
            y: looseY + GAP.y / 2 + BOX.height / 2 + Math.floor(index / columns) * (BOX.height + GAP.x),
        })
    );
    return { places, solid, loose, looseY };
}

/**
 * Who has to do with whom, in rings around the one in the middle, near to those they are related with.
 *
 * @param {{id: number}[]} nodes
 * @param {{left: number, right: number}[]} links
 * @param {number} rootId
 * @returns {Map<number, {x: number, y: number}>}
 */
export function layoutMap(nodes, links, rootId) {
    const next = new Map(nodes.map((node) => [node.id, new Set()]));
    for (const { left, right } of links) {
        if (next.has(left) && next.has(right) && left !== right) {
            next.get(left).add(right);
            next.get(right).add(left);
        }
    }
    const children = new Map(nodes.map((node) => [node.id, []]));
    const ring = new Map();
    const visit = (start, step) => {
        ring.set(start, step);
        const queue = [start];
        for (const id of queue) {
            for (const other of [...next.get(id)].sort((a, b) => a - b)) {
                if (!ring.has(other)) {
                    ring.set(other, ring.get(id) + 1);
                    children.get(id).push(other);
                    queue.push(other);
                }
            }
        }
    };
    if (next.has(rootId)) {
        visit(rootId, 0);
    }
    for (const { id } of nodes) {
        if (!ring.has(id)) {
            if (next.has(rootId)) {
                children.get(rootId).push(id); // related with nobody that is shown
            }
            visit(id, 1);
        }
    }
    children.forEach((ids, id) => children.set(id, neighbours(ids, next)));
    const leaves = new Map();
    const count = (id) => {
        leaves.set(
            id,
            Math.max(
                1,
                children.get(id).reduce((sum, child) => sum + count(child), 0)
            )
        );
        return leaves.get(id);
    };
    const places = new Map();
    if (!next.has(rootId)) {
        return places;
    }
    count(rootId);
    const sizes = [];
    ring.forEach((step) => (sizes[step] = (sizes[step] || 0) + 1));
    const radii = [0];
    for (let step = 1; step < sizes.length; step++) {
        const needed = ((sizes[step] || 0) * (BOX.height + MAP_GAP) * 1.6) / (2 * Math.PI);
        radii[step] = Math.max(radii[step - 1] + 180, needed);
    }
    const put = (id, from, to) => {
        const angle = (from + to) / 2;
        const radius = radii[ring.get(id)];
        places.set(id, { x: Math.cos(angle) * radius * SPREAD, y: Math.sin(angle) * radius });
        let start = from;
        for (const child of children.get(id)) {
            const share = ((to - from) * leaves.get(child)) / leaves.get(id);
            put(child, start, start + share);
            start += share;
        }
    };
    put(rootId, -Math.PI / 2, (3 * Math.PI) / 2);
    separate(places, rootId);
    return places;
}

/** Put those beside each other who have to do with each other, beginning with who has the least. */
function neighbours(ids, next) {
    const own = new Set(ids);
    const degree = (id) => [...next.get(id)].filter((other) => own.has(other)).length;
    const fewest = (a, b) => degree(a) - degree(b) || a - b;
    const order = new Set();
    const walk = (id) => {
        if (!order.has(id)) {
            order.add(id);
            [...next.get(id)].filter((other) => own.has(other)).sort(fewest).forEach(walk);
        }
    };
    const linked = ids.filter(degree).sort(fewest);
    [...linked, ...ids.filter((id) => !degree(id)).sort((a, b) => a - b)].forEach(walk);
    return [...order];
}

/** Push boxes apart that lie on each other, along the shorter way; the one in the middle stays. */
function separate(places, rootId) {
    const entries = [...places.entries()];
    for (let round = 0; round < 80; round++) {
        let isClean = true;
        for (let i = 0; i < entries.length; i++) {
            for (let j = i + 1; j < entries.length; j++) {
                const [a, b] = [entries[i][1], entries[j][1]];
                const x = BOX.width + MAP_GAP - Math.abs(a.x - b.x);
                const y = BOX.height + MAP_GAP - Math.abs(a.y - b.y);
                if (x <= 0.01 || y <= 0.01) {
                    continue;
                }
                isClean = false;
                const axis = x < y * 1.5 ? "x" : "y";
                const way = (a[axis] <= b[axis] ? 1 : -1) * (axis === "x" ? x : y);
                const fixed = entries[i][0] === rootId ? 0 : entries[j][0] === rootId ? 1 : 0.5;
                a[axis] -= way * fixed;
                b[axis] += way * (1 - fixed);
            }
        }
        if (isClean) {
            return;
        }
    }
}

/** Where the straight way from the middle of one box to that of another leaves the first. */
export function edgeOfBox(from, to) {
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    if (!dx && !dy) {
        return { ...from };
    }
    const share = Math.min(
        dx ? BOX.width / 2 / Math.abs(dx) : Infinity,
        dy ? BOX.height / 2 / Math.abs(dy) : Infinity
    );
    return { x: from.x + dx * share, y: from.y + dy * share };
}

/**
 * A line between two boxes that goes around the others where it can, with a free spot for its words.
 *
 * @param {Map<number, {x: number, y: number}>} places of all boxes
 * @param {number} shift how far it stands beside the straight way, for several lines of the same two
 */
export function connect(places, leftId, rightId, shift = 0) {
    const [from, to] = [places.get(leftId), places.get(rightId)];
    const others = [...places].filter(([id]) => id !== leftId && id !== rightId).map(([, place]) => place);
    const isFree = (point, x, y) =>
        !others.some((box) => Math.abs(box.x - point.x) < BOX.width / 2 + x && Math.abs(box.y - point.y) < BOX.height / 2 + y);
    const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
    const across = { x: -(to.y - from.y) / length, y: (to.x - from.x) / length };
    const draw = (bend) => {
        // twice as far as the line is to go: a curve goes half the way to its middle point
        const middle = {
            x: (from.x + to.x) / 2 + across.x * 2 * (bend + shift),
            y: (from.y + to.y) / 2 + across.y * 2 * (bend + shift),
        };
        const [start, end] = [edgeOfBox(from, middle), edgeOfBox(to, middle)];
        const at = (t) => ({
            x: (1 - t) ** 2 * start.x + 2 * t * (1 - t) * middle.x + t ** 2 * end.x,
            y: (1 - t) ** 2 * start.y + 2 * t * (1 - t) * middle.y + t ** 2 * end.y,
        });
        return { start, middle, end, at };
    };
    const curves = BENDS.filter((bend) => Math.abs(bend) < length).map(draw);
    const steps = Array.from({ length: 19 }, (_, index) => (index + 1) / 20);
    const curve = curves.find((each) => steps.every((t) => isFree(each.at(t), 4, 4))) || curves[0];
    const spot = SPOTS.find((t) => isFree(curve.at(t), 34, 8)) || 0.5;
    const { start, middle, end } = curve;
    return {
        path: `M ${start.x} ${start.y} Q ${middle.x} ${middle.y} ${end.x} ${end.y}`,
        labelX: curve.at(spot).x,
        labelY: curve.at(spot).y + 4,
    };
}

/** The path of a reporting line: down from the upper box, across, and down to the lower one. */
export function chartPath(upper, lower) {
    const start = upper.y + BOX.height / 2;
    const end = lower.y - BOX.height / 2;
    const middle = (start + end) / 2;
    return `M ${upper.x} ${start} V ${middle} H ${lower.x} V ${end}`;
}
