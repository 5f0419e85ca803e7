import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor } from "@web/core/colors/colors";
import { humanNumber } from "@web/core/utils/numbers";
import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";

/** A chart with Odoo's Chart.js; its figures stand in a table as well, for whoever cannot see it. */
export class ClientChart extends Component {
    static template = "nestogy_clients.ClientChart";
    static props = { chart: Object, title: String };

    setup() {
        this.box = useRef("box");
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                const chart = new Chart(this.canvas.el, this.config);
                return () => chart.destroy();
            },
            () => [this.props.chart]
        );
    }

    get config() {
        const { kind, labels, datasets } = this.props.chart;
        const style = getComputedStyle(this.box.el); // light or dark, as the page is
        const text = style.color;
        const line = style.borderTopColor;
        return {
            type: kind,
            data: {
                labels,
                datasets: datasets.map(({ label, values }, index) => {
                    const color = getColor(index, cookie.get("color_scheme"), datasets.length);
                    return {
                        label,
                        data: values,
                        backgroundColor: color,
                        borderColor: color,
                        borderWidth: kind === "line" ? 2 : 0,
                        borderRadius: kind === "bar" ? 3 : 0,
                        maxBarThickness: 28,
                        pointRadius: 2,
                        tension: 0.2,
                    };
                }),
            },
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: { mode: "index", intersect: false },
                plugins: {
                    legend: { display: datasets.length > 1, labels: { color: text, boxWidth: 12 }, position: "bottom" },
                    tooltip: {
                        callbacks: {
                            label: ({ datasetIndex, dataIndex }) => {
                                const { label, texts } = datasets[datasetIndex];
                                return `${label}: ${texts[dataIndex]}`;
                            },
                        },
                    },
                },
                scales: {
                    x: { grid: { display: false }, border: { color: line }, ticks: { color: text, maxRotation: 0 } },
                    y: {
                        beginAtZero: true,
                        border: { display: false },
                        grid: { color: line },
                        ticks: {
                            color: text,
                            maxTicksLimit: 5,
                            callback: (value) => humanNumber(value, { decimals: Math.abs(value) < 1000 ? 0 : 1 }),
                        },
                    },
                },
            },
        };
    }
}
