/**
 * Look at one page as a person with a small screen, a keyboard or a screen reader meets it.
 *
 * Runs in the page of a test, after axe-core. Says what is wrong as a list of sentences.
 */
async function findBarriers({ isPhone, isDark = false, exceptions = {} }) {
    const barriers = [];
    const sheets = [document, ...[...document.querySelectorAll("*")].flatMap((each) => each.shadowRoot || [])].flatMap(
        (tree) => [...tree.styleSheets]
    );
    const knowsDark = (rule) =>
        rule.media?.mediaText.includes("prefers-color-scheme") || [...(rule.cssRules || [])].some(knowsDark);
    if (isDark && !sheets.some(knowsDark) && getComputedStyle(document.documentElement).colorScheme === "normal") {
        return barriers; // the page looks as it does in the light
    }
    const words = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 160);
    const isSeen = (element) =>
        element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) &&
        !element.closest("[inert], .visually-hidden, .visually-hidden-focusable");

    // in the dark nothing but the colours is different
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const result = await axe.run(document, {
        runOnly: isDark ? { type: "rule", values: ["color-contrast", "link-in-text-block"] } : { type: "tag", values: tags },
        resultTypes: ["violations"],
    });
    for (const violation of result.violations) {
        if (!["serious", "critical"].includes(violation.impact)) {
            continue;
        }
        for (const node of violation.nodes) {
            const allowed = exceptions[violation.id] || [];
            // the parts of an address after the first lie in shadow trees
            const element = node.target.flat().reduce((root, step) => (root.shadowRoot || root).querySelector(step), document);
            if (!allowed.some((selector) => element?.closest(selector))) {
                const why = (node.any[0] || node.all[0] || node.none[0])?.message || violation.help;
                barriers.push(`${violation.id}: ${why} ${node.html.replace(/\s+/g, " ").slice(0, 160)}`);
            }
        }
    }

    if (isDark) {
        return barriers;
    }

    const page = document.scrollingElement;
    if (page.scrollWidth > page.clientWidth) {
        const wide = [...document.body.querySelectorAll("*")].filter(
            (each) => isSeen(each) && each.getBoundingClientRect().right > page.clientWidth + 1
        );
        barriers.push(`${page.scrollWidth} px wide on ${page.clientWidth}: ${wide.slice(-3).map(words).join(" | ")}`);
    }

    // one for the ears alone is one too
    const headings = [...document.querySelectorAll("h1")].filter((each) => each.checkVisibility());
    if (headings.length !== 1) {
        barriers.push(`${headings.length} main headings: ${headings.map(words).join(" | ")}`);
    }
    const firm = document.querySelector(".o_footer_copyright_name [itemprop='name']");
    if (["", "Odoo", firm ? firm.textContent.trim() : ""].includes(document.title.trim())) {
        barriers.push(`the title does not say what the page is: "${document.title}"`);
    }
    if (!/^[a-z]{2}(-[A-Z]{2})?$/.test(document.documentElement.lang)) {
        barriers.push(`the language is "${document.documentElement.lang}"`);
    }

    const skip = document.querySelector(".o_skip_to_content");
    if (skip && !document.querySelector(skip.getAttribute("href"))) {
        barriers.push("the link to the content leads nowhere");
    }

    const hurried = document.querySelector("[tabindex]:not([tabindex^='-'], [tabindex='0'])");
    if (hurried) {
        barriers.push(`the order of the keyboard is changed: ${words(hurried)}`);
    }

    if (isPhone) {
        const targets = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]";
        const trees = [...document.querySelectorAll("*")].flatMap((each) => each.shadowRoot || []);
        for (const element of [document, ...trees].flatMap((tree) => [...tree.querySelectorAll(targets)])) {
            if (!isSeen(element)) {
                continue;
            }
            const inText =
                element.matches("a") &&
                getComputedStyle(element).display === "inline" &&
                [...element.parentNode.childNodes].some((node) => node.nodeType === 3 && node.data.trim().length > 1);
            const area = element.matches("input[type=checkbox], input[type=radio]")
                ? element.labels[0] || element
                : element;
            const height = Math.max(
                element.getBoundingClientRect().height,
                area.getBoundingClientRect().height
            );
            if (!inText && height > 0 && height < 43.5) {
                barriers.push(`${Math.round(height)} px high: ${words(element)}`);
            }
        }
    }
    return barriers;
}

/** The element that has the focus: its name, whether one sees that it has it, and whether it matches. */
function focusStation(selector) {
    const look = (element) => {
        const style = getComputedStyle(element);
        return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, style.backgroundColor].join();
    };
    const element = document.activeElement;
    const label = element.labels?.[0]?.innerText;
    const name = element.getAttribute("aria-label") || label || element.innerText || element.name || element.tagName;
    element.style.transition = "none"; // or the look of before would be read for a moment
    const withFocus = look(element);
    element.blur();
    const without = look(element);
    element.focus({ focusVisible: true });
    const box = element.getBoundingClientRect();
    const isOnScreen = box.width > 0 && box.bottom > 0 && box.top < window.innerHeight;
    const isSeen = isOnScreen && (withFocus !== without || element.matches("iframe, body"));
    return [name.trim().replace(/\s+/g, " "), isSeen, element.matches(selector)];
}
