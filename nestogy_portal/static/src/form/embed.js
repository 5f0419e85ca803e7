// Puts a form into the page around this script, as high as it needs to be.
(() => {
    const script = document.currentScript;
    const url = new URL(script.src.replace(/\/embed\.js.*$/, ""));
    const frame = document.createElement("iframe");
    frame.src = `${url}?embed=1`;
    frame.title = script.dataset.title || "Form";
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.style.cssText = "display: block; width: 100%; height: 600px; border: 0;";
    script.after(frame);
    window.addEventListener("message", ({ data, origin, source }) => {
        if (source !== frame.contentWindow || origin !== url.origin || !data || !data.nestogyForm) {
            return;
        }
        if (data.height > 0) {
            frame.style.height = `${Math.ceil(data.height)}px`;
        }
        if (data.show) {
            frame.scrollIntoView({ block: "nearest" });
        }
        if (typeof data.next === "string" && data.next.startsWith("https://")) {
            window.location.assign(data.next);
        }
    });
})();
