// One crosshair through all panels of a history; its figures come from the table beside them.
(() => {
  const NS = "http://www.w3.org/2000/svg";

  const arm = (card) => {
    const figure = card.querySelector("[data-crosshair-plots]");
    const readout = card.querySelector("[data-readout]");
    const heads = [...card.querySelectorAll("th[data-series]")];
    const rows = [...card.querySelectorAll("tr[data-at]")];
    if (!figure || !readout || !rows.length) return;
    const places = rows.map((row) => Number(row.dataset.at));
    const lines = [...figure.querySelectorAll(".chart-plot")].map((plot) => {
      const line = document.createElementNS(NS, "line");
      line.setAttribute("class", "cross");
      line.setAttribute("y1", "0");
      line.setAttribute("y2", "100%");
      line.setAttribute("visibility", "hidden");
      return plot.appendChild(line);
    });
    let shown = rows.length - 1;

    const part = (name, series, text) => {
      const place = document.createElement("span");
      if (series) place.className = `k${series}`;
      const figure = document.createElement("b");
      figure.textContent = text;
      place.append(`${name} `, figure);
      return place;
    };
    const show = (index) => {
      shown = Math.max(0, Math.min(rows.length - 1, index));
      lines.forEach((line) => {
        line.setAttribute("x1", `${places[shown]}%`);
        line.setAttribute("x2", `${places[shown]}%`);
        line.setAttribute("visibility", "visible");
      });
      const [time, ...cells] = rows[shown].children;
      readout.replaceChildren(part("", "", time.textContent), ...cells.map(
        (cell, place) => part(heads[place].textContent, heads[place].dataset.series, cell.textContent)));
    };
    const nearest = (place) => places.reduce(
      (best, at, index) => (Math.abs(at - place) < Math.abs(places[best] - place) ? index : best), 0);

    figure.addEventListener("pointermove", (event) => {
      const plot = figure.querySelector(".chart-plot").getBoundingClientRect();
      if (event.clientX < plot.left || event.clientX > plot.right) return;
      show(nearest(((event.clientX - plot.left) / plot.width) * 100));
    });
    figure.addEventListener("focus", () => {
      readout.setAttribute("aria-live", "polite");
      if (figure.matches(":focus-visible")) show(shown);
    });
    figure.addEventListener("blur", () => readout.removeAttribute("aria-live"));
    figure.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -12, PageDown: 12 }[event.key];
      const end = { Home: 0, End: rows.length - 1 }[event.key];
      if (step === undefined && end === undefined) return;
      event.preventDefault();
      show(step === undefined ? end : shown + step);
    });
  };

  const armAll = (root) => root.querySelectorAll("[data-crosshair]:not([data-armed])").forEach((card) => {
    card.setAttribute("data-armed", "");
    arm(card);
  });
  document.body.addEventListener("htmx:load", (event) => armAll(event.target));
  armAll(document);
})();
