// What is being typed, opened and focused outlives a swap; questions open as dialogs.
(() => {
  const nameOf = (field) => `${field.getAttribute("form") || field.form?.id || ""} ${field.name}`;
  const fields = (place) => [...place.querySelectorAll("input:not([type=hidden]), select")];
  const kept = new Map();
  let swapping = false;

  const look = (place, sentForm) => {
    const at = document.activeElement;
    const typed = fields(place).filter((field) => field.matches("input:not([type=checkbox], [type=radio])")
      && field.value !== field.defaultValue && field.form?.id !== sentForm);
    return {
      typed: typed.map((field) => [nameOf(field), field.value]),
      open: [...place.querySelectorAll("details")].map((details) => details.open),
      focus: place.contains(at) && at.name ? nameOf(at) : "",
      caret: at.selectionStart ?? null,
    };
  };
  const restore = (place, was) => {
    const found = new Map(fields(place).map((field) => [nameOf(field), field]));
    was.typed.forEach(([name, value]) => {
      const field = found.get(name);
      if (!field) return;
      field.value = value;
      field.dataset.typed = "";
    });
    const details = [...place.querySelectorAll("details")];
    if (details.length === was.open.length) {
      details.forEach((item, index) => { if (was.open[index]) item.open = true; });
    }
    const field = found.get(was.focus);
    if (!field) return;
    field.focus({ preventScroll: true });
    if (was.caret !== null && field.setSelectionRange) field.setSelectionRange(was.caret, was.caret);
  };

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const place = event.detail.target;
    if (!place?.matches("[data-keeps-typing]") || !event.detail.shouldSwap) return;
    kept.set(place.id, look(place, event.detail.requestConfig?.elt?.id));
    swapping = true;
  });
  // A field that is taken away while one types in it says "change", and its form would leave the page.
  window.addEventListener("change", (event) => {
    if (swapping) event.stopImmediatePropagation();
    else delete event.target.dataset?.typed;
  }, true);
  // What was put back by script is no change to the browser, so leaving it sends it.
  document.addEventListener("focusout", (event) => {
    const field = event.target;
    if (swapping || field.dataset?.typed === undefined || field.value === field.defaultValue) return;
    delete field.dataset.typed;
    if (field.matches("[data-send-on-change]")) field.form?.requestSubmit();
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    swapping = false;
    kept.forEach((was, id) => {
      const place = document.getElementById(id);
      if (place) restore(place, was);
    });
    kept.clear();
  });

  const openAll = (place) => place.querySelectorAll("dialog[data-modal][open]").forEach((dialog) => {
    if (!dialog.closest("[data-dialog-place]")) return;
    const before = document.activeElement;
    dialog.removeAttribute("open"); // closing it would say so, later
    dialog.showModal();
    dialog.addEventListener("close", () => { dialog.remove(); before?.focus(); });
  });
  document.body.addEventListener("htmx:afterSwap", (event) => openAll(event.detail.target));
  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-dialog-close]");
    const dialog = close?.closest("dialog:modal");
    if (!dialog) return;
    event.preventDefault();
    dialog.close();
  });
})();
