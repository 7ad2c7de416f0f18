// Ticked rows stay ticked when the list is fetched again; the bar shows while something is ticked.
(() => {
  const chosen = new Set();
  const boxes = () => document.querySelectorAll("input[type=checkbox][data-select]");
  const bar = document.querySelector("[data-selection-bar]");
  if (!bar) return;
  const count = bar.querySelector("[data-selection-count]");
  const clear = bar.querySelector("[data-selection-clear]");

  const show = () => {
    const here = new Set();
    boxes().forEach((box) => {
      here.add(box.value);
      box.checked = chosen.has(box.value);
      box.closest("tr, li")?.classList.toggle("is-selected", box.checked);
    });
    // A miner that a filter hides, or that is gone, is not acted upon.
    [...chosen].filter((value) => !here.has(value)).forEach((value) => chosen.delete(value));
    document.querySelectorAll("[data-select-all]").forEach((box) => {
      box.checked = here.size > 0 && chosen.size === here.size;
      box.indeterminate = chosen.size > 0 && chosen.size < here.size;
    });
    count.textContent = `${chosen.size} selected`;
    bar.hidden = chosen.size === 0;
  };
  const set = (value, on) => (on ? chosen.add(value) : chosen.delete(value));

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches("[data-select]")) set(box.value, box.checked);
    else if (box.matches("[data-select-all]")) boxes().forEach((each) => set(each.value, box.checked));
    else return;
    show();
  });
  clear.hidden = false;
  clear.addEventListener("click", () => { chosen.clear(); show(); });
  document.body.addEventListener("htmx:load", show);
  boxes().forEach((box) => { if (box.checked) chosen.add(box.value); });
  show();
})();
