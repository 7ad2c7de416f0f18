// Live pages: fragments are swapped in by htmx, events become DOM events on the body.
(() => {
  const EVENT = /^<!--event:([a-z0-9-]+)-->$/;
  const tell = (name) => document.body.dispatchEvent(new CustomEvent(name, { bubbles: false }));
  let wasOpen = false;
  let wasLost = false;

  document.body.addEventListener("htmx:wsBeforeMessage", (event) => {
    const found = EVENT.exec(String(event.detail.message).trim());
    if (!found) return;
    event.preventDefault();
    tell(found[1]);
  });
  document.body.addEventListener("htmx:wsOpen", () => {
    if (wasOpen && wasLost) tell("live-reconnected");
    wasOpen = true;
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
