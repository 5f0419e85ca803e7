import { registry } from "@web/core/registry";
import { BOX, connect, edgeOfBox, frame, layoutChart, layoutMap } from "@nestogy_clients/relation_map/relation_layout";

const TAB = ".o_nestogy_relations";
const NODE = `${TAB} .o_nestogy_relation_node`;

const check = (isTrue, message) => {
    if (!isTrue) {
        throw new Error(message);
    }
};

const line = (id, left, right, more = {}) => ({ id, left, right, strength: 2, from: "", ...more });

/** Boxes that lie on each other. */
const overlaps = (places) => {
    const all = [...places.values()];
    return all.some((a, i) =>
        all.some((b, j) => j > i && Math.abs(a.x - b.x) < BOX.width && Math.abs(a.y - b.y) < BOX.height)
    );
};

function checkLayouts() {
    const nodes = Array.from({ length: 40 }, (_, index) => ({ id: index + 1 }));
    // 2, 3 and 4 under 1; 5 under 2 and, weaker, under 3; 6 and 7 in a circle; the rest without a line
    const lines = [
        line(1, 2, 1), line(2, 3, 1), line(3, 4, 1), line(4, 5, 3, { strength: 1 }), line(5, 5, 2), line(6, 6, 7), line(7, 7, 6),
    ];
    const chart = layoutChart(nodes, lines);
    check(!overlaps(chart.places), "boxes of the chart overlap");
    check(chart.places.size === 40, "everybody is in the chart");
    check([...chart.solid].sort().join() === "1,2,3,5,6", `lines of the trees: ${[...chart.solid]}`);
    const at = (id) => chart.places.get(id);
    check(at(1).y < at(2).y && at(2).y === at(4).y && at(2).y < at(5).y, "who stands above is above");
    check(at(1).x === (at(2).x + at(4).x) / 2, "who stands above is in the middle");
    check(chart.loose.length === 33 && Math.min(...chart.loose.map((id) => at(id).y)) > at(5).y, "the rest is below");
    const links = nodes.slice(1).map((node) => ({ left: node.id, right: 1 + Math.floor(node.id / 4) }));
    const map = layoutMap(nodes, links, 1);
    check(map.size === 40 && !overlaps(map), "boxes of the map overlap");
    check(map.get(1).x === 0 && map.get(1).y === 0, "the root is in the middle");
    const again = layoutMap(nodes, links, 1);
    check(JSON.stringify([...map]) === JSON.stringify([...again]), "the same map looks the same");
    check(layoutMap([{ id: 1 }], [], 1).size === 1 && layoutMap([], [], 1).size === 0, "small maps");
    check(frame(new Map()).width === 0 && frame(map).width > BOX.width * 3, "the frame is around all");
    const edge = edgeOfBox({ x: 0, y: 0 }, { x: 500, y: 0 });
    check(edge.x === BOX.width / 2 && edge.y === 0, "lines begin at the edge of a box");
    const row = new Map([[1, { x: 0, y: 0 }], [2, { x: 300, y: 0 }], [3, { x: 600, y: 0 }]]);
    check(connect(row, 1, 2).labelY === 4 && connect(row, 1, 2).labelX === 150, "nothing is in the way");
    check(Math.abs(connect(row, 1, 3).labelY) > BOX.height / 2, "lines go around a box");
}

registry.category("web_tour.tours").add("nestogy_clients_relations", {
    steps: () => [
        { content: "Relations", trigger: ".nav-link[name=relations]", run: "click" },
        { content: "The picture is drawn", trigger: `${TAB} .o_nestogy_relation_canvas`, run: checkLayouts },
        { content: "The decision maker is marked", trigger: `${NODE}:contains('Ann') .badge:contains('Decision Maker')` },
        { content: "Bob has no line yet", trigger: `${TAB} .o_nestogy_relation_loose` },
        { content: "Open Bob", trigger: `${NODE}:contains('Bob')`, run: "click" },
        { content: "Bob has no relations", trigger: `${TAB} .o_nestogy_relation_empty` },
        { content: "Add one", trigger: `${TAB} .o_nestogy_relation_add`, run: "click" },
        { content: "It begins with Bob", trigger: ".modal [name=left_partner_id] input:value('Acme, Bob')" },
        { content: "Choose the words", trigger: ".modal [name=phrase_id] input", run: "edit reports" },
        { content: "reports to", trigger: ".o-autocomplete--dropdown-item:contains('reports to')", run: "click" },
        { content: "Whom", trigger: ".modal [name=right_partner_id] input", run: "edit Ann" },
        { content: "Ann", trigger: ".o-autocomplete--dropdown-item:contains('Ann')", run: "click" },
        { content: "Save", trigger: ".modal .o_form_button_save", run: "click" },
        { content: "It is drawn: to Ann", trigger: `body:not(:has(.modal)) ${NODE}:contains('Ann')` },
        { content: "Read it", trigger: `${TAB} button:contains('List')`, run: "click" },
        { content: "Bob reports to Ann", trigger: `${TAB} tr:contains('Bob'):contains('reports to'):contains('Ann')` },
        { content: "Draw it", trigger: `${TAB} button:contains('Chart')`, run: "click" },
        { content: "Look further", trigger: `${TAB} button:contains('2 steps')`, run: "click" },
        {
            content: "Take Cyd from Ann to Bob",
            trigger: `${NODE}:contains('Cyd')`,
            run: ({ anchor }) => {
                const middle = (el) => {
                    const rect = el.getBoundingClientRect();
                    return { clientX: rect.x + rect.width / 2, clientY: rect.y + rect.height / 2 };
                };
                const bob = [...document.querySelectorAll(NODE)].find((el) => el.textContent.includes("Bob"));
                const fire = (type, at) =>
                    anchor.dispatchEvent(
                        new PointerEvent(type, { ...at, pointerId: 1, pointerType: "mouse", bubbles: true, isPrimary: true })
                    );
                const canvas = document.querySelector(`${TAB} .o_nestogy_relation_canvas`);
                canvas.setPointerCapture = () => {}; // there is no real pointer
                canvas.scrollIntoView({ block: "center" }); // what is under a point is known of what is seen
                fire("pointerdown", middle(anchor));
                fire("pointermove", middle(bob));
                fire("pointerup", middle(bob));
            },
        },
        { content: "That is meant", trigger: ".modal:contains('Cyd stands below Bob') .btn-primary", run: "click" },
        { content: "Read it", trigger: `body:not(:has(.modal)) ${TAB} button:contains('List')`, run: "click" },
        { content: "Bob manages Cyd", trigger: `${TAB} tr:contains('Bob'):contains('manages'):contains('Cyd')` },
        { content: "Look at the time before", trigger: `${TAB} [aria-label='To the change before']`, run: "click" },
        { content: "Cyd was below Ann", trigger: `${TAB} tr:contains('Cyd'):contains('reports to'):contains('Ann')` },
        { content: "Back", trigger: `${TAB} .o_nestogy_relation_time button:contains('Today')`, run: "click" },
        {
            content: "Cyd is not below Ann any more",
            trigger: `${TAB} tbody:not(:has(tr:contains('Cyd'):contains('Ann'))) a:contains('Ann')`,
        },
        { content: "Go to Ann", trigger: `${TAB} tbody a:contains('Ann')`, run: "click" },
        { content: "She reads it from her side", trigger: `${TAB} tr:contains('Ann'):contains('manages'):contains('Bob')` },
        { content: "And draws it", trigger: `${TAB} button:contains('Map')`, run: "click" },
        { content: "Cyd is two steps away now", trigger: `${TAB} button:contains('2 steps')`, run: "click" },
        { content: "Three boxes", trigger: `${NODE}:contains('Cyd')` },
        { content: "With words at the lines", trigger: `${TAB} svg text:contains('reports to')` },
        {
            content: "Zoom in",
            trigger: `${TAB} [aria-label='Zoom in']`,
            run: async ({ anchor }) => {
                const scale = () => document.querySelector(".o_nestogy_relation_picture").style.transform;
                const before = scale();
                anchor.click();
                for (let tries = 0; tries < 50 && before === scale(); tries++) {
                    await new Promise((resolve) => setTimeout(resolve, 100)); // drawn with the next frame
                }
                check(before !== scale(), "the picture grows");
            },
        },
    ],
});
