// A group of fields that belongs to some choices of another field is shown with them only.
(() => {
  const update = (form) => form.querySelectorAll("[data-shown-for]").forEach((group) => {
    const [name, kinds] = group.dataset.shownFor.split(":");
    const chooser = form.elements[name];
    if (chooser) group.hidden = !kinds.split(" ").includes(chooser.value);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form");
    if (form?.querySelector("[data-shown-for]")) update(form);
  });
  document.querySelectorAll("form:has([data-shown-for])").forEach(update);
})();
