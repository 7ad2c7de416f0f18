// Ctrl K opens the search in a dialog; arrows move, Enter opens, Ctrl Enter opens in a new tab. Links work without it.
(() => {
  const dialog = document.querySelector("[data-palette]");
  if (!dialog?.showModal) return;
  const field = dialog.querySelector("input");
  const options = () => [...dialog.querySelectorAll("[role='option']")];
  let place = 0;

  const choose = (wanted) => {
    const all = options();
    place = all.length ? (wanted + all.length) % all.length : 0;
    all.forEach((option, index) => option.setAttribute("aria-selected", String(index === place)));
    if (all[place]) {
      field.setAttribute("aria-activedescendant", all[place].id);
      all[place].scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  };
  const open = () => {
    if (dialog.open || document.querySelector("dialog[open]")) return;
    dialog.showModal();
    field.value = "";
    field.focus();
    field.dispatchEvent(new CustomEvent("palette-opened"));
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-palette-open]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[role='option']")) dialog.close();
  });
  dialog.addEventListener("htmx:afterSettle", () => choose(0));
  field.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose(place + step);
    }
    const chosen = options()[place];
    if (event.key !== "Enter" || event.isComposing || !chosen) return;
    event.preventDefault();
    dialog.close();
    if (event.ctrlKey || event.metaKey) window.open(chosen.href, "_blank", "noopener");
    else window.location.assign(chosen.href);
  });
})();
