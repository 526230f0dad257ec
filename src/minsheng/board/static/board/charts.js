// Draws every <figure data-chart> from the JSON in it, folds its table, and keeps it right: width, colours of the page, paper, fresh numbers.
// Without this script, or where a drawing fails, the table stands. A drawing is made once and given new numbers, so that a page that runs
// for days holds no more than at first.
(function () {
  "use strict";
  const kinds = (window.msChartKinds = window.msChartKinds || {});
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const NARROW = 35; // of its own letters: what is wide on a desk is narrow in the type of a wall
  const watched = new WeakMap(); // canvas -> the size that it was drawn for
  let paper = false;

  function look(box) {
    const of = getComputedStyle(box);
    const colour = (name) => of.getPropertyValue(name).trim();
    const letter = parseFloat(of.fontSize) || 14;
    return {
      ink: colour("--ms-ink"), soft: colour("--ms-soft"), line: colour("--ms-line"), paper: colour("--ms-paper"), ground: colour("--ms-ground"), accent: colour("--ms-accent"),
      grey: colour("--bd-grey"), hues: [1, 2, 3, 4, 5, 6].map((n) => colour("--bd-hue-" + n)), steps: [1, 2, 3, 4, 5].map((n) => colour("--bd-step-" + n)),
      size: letter, face: of.fontFamily, narrow: box.clientWidth < NARROW * Math.max(16, letter), width: box.clientWidth, tall: box.clientHeight,
      wall: box.closest("[data-wall]") !== null,
    };
  }

  function base(is) {
    return {
      animation: !calm.matches && !paper && !is.wall, animationDuration: 300, backgroundColor: "transparent",
      textStyle: { color: is.ink, fontFamily: is.face, fontSize: is.size },
      color: is.hues,
      aria: { enabled: false }, // the table says it
      tooltip: { confine: true, backgroundColor: is.paper, borderColor: is.line, textStyle: { color: is.ink, fontSize: is.size }, renderMode: "html" },
    };
  }

  // A wall's drawings fill what is left to them; elsewhere a drawing says how high it is.
  const size = (box) => box.clientWidth + (box.closest("[data-wall]") ? "x" + box.clientHeight : "");

  function given(figure) {
    const said = figure.querySelector("script[type='application/json']");
    return said ? JSON.parse(said.textContent) : null;
  }

  function chartOf(box) {
    const known = window.echarts.getInstanceByDom(box);
    if (known) return known;
    const chart = window.echarts.init(box, null, { renderer: "canvas", devicePixelRatio: Math.max(2, window.devicePixelRatio || 1) });
    chart.on("click", (event) => {
      const url = event.data && event.data.url;
      if (url && !box.closest("[data-kiosk]")) location.assign(url);
    });
    widths.observe(box);
    return chart;
  }

  function draw(figure) {
    const box = figure.querySelector("[data-canvas]");
    if (!box) return;
    const table = figure.querySelector("details.bd-table");
    try {
      const data = given(figure);
      box.hidden = false;
      const is = look(box);
      const made = kinds[data.kind](data, is);
      if (made.height && !is.wall) box.style.height = Math.round(made.height) + "px";
      const chart = chartOf(box);
      chart.resize();
      chart.setOption({ ...base(is), ...made.option, tooltip: { ...base(is).tooltip, ...made.option.tooltip } }, { notMerge: true });
      if (paper) chart.getZr().flush(); // nobody waits for the next frame
      watched.set(box, size(box));
      if (table && !figure.hasAttribute("data-drawn")) table.open = false;
      figure.setAttribute("data-drawn", "");
      failed(figure, false);
    } catch (wrong) {
      box.hidden = true;
      failed(figure, true);
      if (table) table.open = true;
    }
  }

  function failed(figure, so) {
    const said = figure.querySelector("[data-failed]");
    if (said) said.hidden = !so;
  }

  function all(place) {
    (place || document).querySelectorAll("figure[data-chart]").forEach(draw);
  }

  const widths = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const figure = target.closest("figure[data-chart]");
      if (figure && target.clientWidth && size(target) !== watched.get(target)) draw(figure);
    }
  });

  function drop(box) {
    widths.unobserve(box);
    const chart = window.echarts && window.echarts.getInstanceByDom(box);
    if (chart) chart.dispose();
  }

  // Fresh HTML into `place`: drawings whose figure is there again move over with their canvas, the others are thrown away.
  function swap(place, html) {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    for (const box of place.querySelectorAll("[data-canvas]")) {
      const next = fresh.content.getElementById(box.id);
      if (!next) { drop(box); continue; }
      next.closest("figure").setAttribute("data-drawn", "");
      const table = next.closest("figure").querySelector("details.bd-table"), was = box.closest("figure").querySelector("details.bd-table");
      if (table && was) table.open = was.open;
      next.replaceWith(box);
    }
    place.replaceChildren(fresh.content);
    all(place);
  }

  // On paper the page is another width, and bitmaps do not grow: draw for it, then back.
  function printing(so) {
    paper = so;
    for (const box of document.querySelectorAll("[data-canvas]:not([hidden])")) {
      box.style.width = so ? "680px" : "";
      draw(box.closest("figure"));
    }
  }

  window.msCharts = { all, swap };
  window.addEventListener("beforeprint", () => printing(true));
  window.addEventListener("afterprint", () => printing(false));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => all());
  calm.addEventListener("change", () => all());
  all();
  if (document.fonts) document.fonts.ready.then(() => all());
})();
