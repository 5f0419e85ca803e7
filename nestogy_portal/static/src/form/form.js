// What a website form does with scripts on; it works without them too. It stands in the page itself, see form.py.
(() => {
    const CAPTCHA_MS = 5000;
    const page = document.documentElement;
    const form = document.querySelector("form");
    const say = (message) => window.parent.postMessage({ nestogyForm: true, ...message }, "*");

    if (form) {
        // one press sends once; a page that the browser brings back can be sent again
        const button = form.querySelector("button");
        const { captcha, captchaAction } = form.dataset;
        let waiting;
        form.addEventListener("submit", (event) => {
            if (captcha && window.grecaptcha && !form.elements.recaptcha_token_response.value) {
                event.preventDefault();
                const send = (token) => {
                    clearTimeout(waiting);
                    if (form.elements.recaptcha_token_response.value) {
                        return;
                    }
                    form.elements.recaptcha_token_response.value = token || "-";
                    form.submit();
                };
                // a captcha that does not answer keeps nobody from writing: somebody of the firm looks at the entry
                waiting = setTimeout(send, CAPTCHA_MS);
                window.grecaptcha.ready(() =>
                    window.grecaptcha.execute(captcha, { action: captchaAction }).then(send, () => send(""))
                );
            }
            button.disabled = true;
        });
        window.addEventListener("pageshow", () => {
            button.disabled = false;
            if (captcha) {
                form.elements.recaptcha_token_response.value = ""; // a word of the captcha is good once
            }
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
