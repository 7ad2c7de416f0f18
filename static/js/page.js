// Small manners of a page: toasts leave, ages that count, fields that send themselves.
(() => {
  const LEAVES_AFTER = 6000;

  const dismiss = (toast) => toast.remove();
  const arm = (toast) => {
    let timer = setTimeout(() => dismiss(toast), LEAVES_AFTER);
    const hold = () => clearTimeout(timer);
    const go = () => { timer = setTimeout(() => dismiss(toast), LEAVES_AFTER); };
    toast.addEventListener("mouseenter", hold);
    toast.addEventListener("focusin", hold);
    toast.addEventListener("mouseleave", go);
    toast.addEventListener("focusout", go);
  };
  const armAll = (root) => root.querySelectorAll("[data-toast-leaves]:not([data-armed])").forEach((toast) => {
    toast.setAttribute("data-armed", "");
    arm(toast);
  });

  const words = (seconds) => {
    if (seconds < 60) return `${Math.max(0, seconds)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    const rest = minutes % 60;
    if (hours < 24) return rest ? `${hours} h ${rest} min` : `${hours} h`;
    return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  };
  const countAges = () => document.querySelectorAll("[data-age]").forEach((place) => {
    const seconds = Math.floor((Date.now() - Date.parse(place.dataset.age)) / 1000);
    if (Number.isNaN(seconds)) return;
    place.textContent = words(seconds);
    const stale = Number(place.dataset.staleAfter);
    if (stale) place.closest("[data-ages]")?.classList.toggle("is-stale", seconds > stale);
  });

  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-toast-close]");
    if (close) dismiss(close.closest("[data-toast]"));
  });
  document.addEventListener("change", (event) => {
    const field = event.target.closest("[data-send-on-change]");
    if (field) field.form.requestSubmit();
  });
  // A small menu closes as one does: by a click elsewhere or Esc.
  const closeMenus = (kept) => document.querySelectorAll("details[data-closes-outside][open]").forEach((menu) => {
    if (menu !== kept) menu.open = false;
  });
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-closes-outside]")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.activeElement?.closest("details[data-closes-outside]")?.querySelector("summary").focus();
    closeMenus(null);
  });
  // A choice that was asked about and kept goes back to what is in force.
  document.addEventListener("ask-kept", (event) => event.target.reset());
  document.body.addEventListener("htmx:load", (event) => { armAll(event.target); countAges(); });
  armAll(document);
  setInterval(countAges, 1000);
  if ("serviceWorker" in navigator && window.isSecureContext) {
    navigator.serviceWorker.register("/sw.js").catch(() => {}); // without it pages work all the same
  }
})();
