// The band editor: what is being typed and where one stands outlive a swap; questions open as dialogs.
(() => {
  const root = () => document.querySelector("[data-keeps-typing]");
  const nameOf = (field) => `${field.getAttribute("form") || field.form?.id || ""} ${field.name}`;
  const fields = (place) => [...place.querySelectorAll("input:not([type=hidden]), select")];
  let kept = null;

  const look = (sentForm) => {
    const place = root();
    if (!place) return null;
    const at = document.activeElement;
    const typed = fields(place).filter((field) => field.matches("input:not([type=checkbox])")
      && field.value !== field.defaultValue && field.form?.id !== sentForm);
    return {
      typed: typed.map((field) => [nameOf(field), field.value]),
      focus: place.contains(at) && at.name ? nameOf(at) : "",
      caret: at.selectionStart ?? null,
    };
  };
  const restore = () => {
    const place = root();
    if (!place || !kept) return;
    const found = new Map(fields(place).map((field) => [nameOf(field), field]));
    kept.typed.forEach(([name, value]) => { if (found.has(name)) found.get(name).value = value; });
    const field = found.get(kept.focus);
    if (field) {
      field.focus({ preventScroll: true });
      if (kept.caret !== null && field.setSelectionRange) field.setSelectionRange(kept.caret, kept.caret);
    }
    kept = null;
  };

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.matches("[data-keeps-typing]")) kept = look(event.detail.requestConfig?.elt?.id);
  });
  document.body.addEventListener("htmx:afterSettle", restore);

  const openAll = (place) => place.querySelectorAll("dialog[data-modal][open]").forEach((dialog) => {
    if (!dialog.closest("[data-dialog-place]")) return;
    const before = document.activeElement;
    dialog.close();
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
