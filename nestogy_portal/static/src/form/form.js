// What a website form does with scripts on; it works without them too. It stands in the page itself, see form.py.
(() => {
    const page = document.documentElement;
    const form = document.querySelector("form");
    const say = (message) => window.parent.postMessage({ nestogyForm: true, ...message }, "*");

    if (form) {
        // one press sends once; a page that the browser brings back can be sent again
        const button = form.querySelector("button");
        const { captcha, captchaAction } = form.dataset;
        form.addEventListener("submit", (event) => {
            if (captcha && window.grecaptcha && !form.elements.recaptcha_token_response.value) {
                event.preventDefault();
                const send = (token) => {
                    form.elements.recaptcha_token_response.value = token || "-";
                    form.submit();
                };
                window.grecaptcha.ready(() =>
                    window.grecaptcha.execute(captcha, { action: captchaAction }).then(send, () => send(""))
                );
            }
            button.disabled = true;
        });
        window.addEventListener("pageshow", () => {
            button.disabled = false;
        });
    }
    if (window.parent === window) {
        return;
    }
    // in a frame: the page around it makes room, shows what happened and goes on where the form leads
    const tell = () => say({ height: page.getBoundingClientRect().height });
    new ResizeObserver(tell).observe(page);
    tell();
    if (document.querySelector("[role=alert], [role=status]")) {
        say({ show: true });
    }
    const next = document.querySelector("[data-next]");
    if (next) {
        say({ next: next.href });
    }
})();
