// Live pages: fragments are swapped in by htmx, events become DOM events on the body.
(() => {
  const EVENT = /^<!--event:([a-z0-9-]+)-->$/;
  const ROOT = /^\s*<[a-z]+[^>]*?\sid="([^"]+)"/;
  const tell = (name) => document.body.dispatchEvent(new CustomEvent(name, { bubbles: false }));
  // What a person just did is answered by an event that may come before the next page has its socket.
  const ACTED = "hmm-acted";
  const acted = (is) => {
    try {
      const was = sessionStorage.getItem(ACTED) !== null;
      if (is) sessionStorage.setItem(ACTED, "");
      else sessionStorage.removeItem(ACTED);
      return was;
    } catch { return false; /* private window */ }
  };
  document.addEventListener("submit", (event) => { if (event.target.method === "post") acted(true); });
  let wasLost = acted(false);
  // htmx would wait for up to 64 s after a few tries; a house has few tabs, so trying soon hurts nobody.
  const LONGEST_WAIT_MS = 4000;
  htmx.config.wsReconnectDelay = (tries) => Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(tries, 6)) * (0.5 + Math.random() / 2);

  document.body.addEventListener("htmx:wsBeforeMessage", (event) => {
    const text = String(event.detail.message);
    const named = EVENT.exec(text.trim());
    const root = ROOT.exec(text);
    if (named || (root && !document.getElementById(root[1]))) event.preventDefault();
    if (named) tell(named[1]);
    if (root) {
      tell(`seen-${root[1]}`);
      tell("fragment-seen");
    }
  });
  const RETRIED_BY_HTMX = [1006, 1011, 1012, 1013];
  const NOT_SIGNED_IN = 4401;
  const REFUSED = [NOT_SIGNED_IN, 4403];
  const RETRY_AFTER_MS = 2000;
  const say = (words) => {
    document.documentElement.toggleAttribute("data-live-lost", Boolean(words));
    document.querySelectorAll("[data-live-state]").forEach((place) => {
      place.textContent = words;
      place.hidden = !words;
    });
  };

  document.body.addEventListener("htmx:wsOpen", () => {
    if (wasLost) tell("live-reconnected");
    wasLost = false;
    say("");
  });
  document.body.addEventListener("htmx:wsClose", (event) => {
    const code = event.detail.event.code;
    wasLost = true;
    say(code === NOT_SIGNED_IN ? "Signed out. Reload to sign in." : "Live connection lost, trying again");
    // A server that is stopped in good order says goodbye with a code htmx takes for the end.
    if (!RETRIED_BY_HTMX.includes(code) && !REFUSED.includes(code)) {
      setTimeout(() => event.detail.socketWrapper.reconnect(), RETRY_AFTER_MS);
    }
  });

  // Where no socket gets through, pages still keep up: they are fetched again as long as the server answers.
  const LOOKS_EVERY_MS = 20000;
  setInterval(() => {
    if (!document.documentElement.hasAttribute("data-live-lost") || document.hidden) return;
    fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok && tell("live-reconnected"), () => {});
  }, LOOKS_EVERY_MS);

  // A phone that slept may hold a dead socket; what it shows is fetched again when it is looked at.
  let hiddenAt = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (hiddenAt && Date.now() - hiddenAt > 30000) tell("live-reconnected");
  });
})();
