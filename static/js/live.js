// Live pages: fragments are swapped in by htmx, events become DOM events on the body.
(() => {
  const EVENT = /^<!--event:([a-z0-9-]+)-->$/;
  const ROOT = /^\s*<[a-z]+[^>]*?\sid="([^"]+)"/;
  const tell = (name) => document.body.dispatchEvent(new CustomEvent(name, { bubbles: false }));
  let wasLost = false;

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
  document.body.addEventListener("htmx:wsOpen", () => {
    if (wasLost) tell("live-reconnected");
    wasLost = false;
    document.documentElement.removeAttribute("data-live-lost");
  });
  document.body.addEventListener("htmx:wsClose", () => {
    wasLost = true;
    document.documentElement.setAttribute("data-live-lost", "");
  });

  // A phone that slept may hold a dead socket; what it shows is fetched again when it is looked at.
  let hiddenAt = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (hiddenAt && Date.now() - hiddenAt > 30000) tell("live-reconnected");
  });
})();
