// The dispatcher's desk by keyboard: j/k walk the list and show the case, 1…9 choose a proposal, Enter sends, the next one is there.
(function () {
  "use strict";
  const pane = document.getElementById("preview");
  if (!pane) return;
  let timer = 0;

  // Which case comes next stands in the list as it is now.
  function following(form) {
    const rows = [...document.querySelectorAll(".ms-picks [data-row]")];
    const at = rows.findIndex((row) => row.classList.contains("ms-at"));
    const next = rows[at + 1] || rows.find((row, i) => i !== at);
    const field = form.querySelector("[name=following]");
    if (field && next) field.value = next.dataset.case;
  }

  function choose(radio) {
    const form = radio.form;
    const co = form.elements.co, basis = form.elements.basis;
    form.elements.other.value = "";
    if (!co.dataset.typed) co.value = radio.dataset.co || "";
    if (!basis.dataset.typed) basis.value = radio.dataset.basis || "";
  }

  pane.addEventListener("change", (event) => { if (event.target.name === "lead") choose(event.target); });
  pane.addEventListener("input", (event) => {
    const node = event.target;
    if (node.name === "co" || node.name === "basis") node.dataset.typed = "1";
    if (node.name === "other" && node.value) node.form.querySelectorAll("[name=lead]").forEach((r) => { r.checked = false; });
  });
  pane.addEventListener("submit", (event) => following(event.target), true);

  function mark(row) {
    document.querySelectorAll(".ms-picks [data-row]").forEach((other) => {
      other.classList.toggle("ms-at", other === row);
      if (other === row) other.setAttribute("aria-current", "true"); else other.removeAttribute("aria-current");
    });
  }

  // j/k: the preview follows the row without taking the focus from the list.
  document.addEventListener("row", (event) => {
    const link = event.target.querySelector("a[hx-get]");
    clearTimeout(timer);
    mark(event.target);
    timer = setTimeout(() => window.htmx && window.htmx.ajax("GET", link.getAttribute("hx-get"), { target: "#preview" }), 120);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".ms-picks a[hx-get]");
    if (link) { mark(link.closest("[data-row]")); pane.dataset.take = "1"; }
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== pane) return;
    pane.scrollTop = 0;
    if (!pane.dataset.take) return;
    delete pane.dataset.take;
    const first = pane.querySelector("[autofocus], [name=lead]:checked, [name=other], textarea");
    if (first) first.focus();
  });
})();
