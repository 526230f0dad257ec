// Several rows at once: x ticks the row one stands on, the bar says how many, and shows itself only when there are any.
(function () {
  "use strict";
  const form = document.querySelector("[data-bulk]");
  const bar = form && form.querySelector("[data-bulk-bar]");
  if (!bar) return;
  const ticks = () => [...form.querySelectorAll("[data-tick]")];

  function count() {
    const n = ticks().filter((tick) => tick.checked).length;
    bar.hidden = n === 0;
    bar.querySelector("[data-bulk-count]").textContent = n ? `已选 ${n} 件` : "";
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox") return;
    const row = form.querySelector("tr.ms-at") || (event.target.closest && event.target.closest("tr[data-row]"));
    const tick = row && row.querySelector("[data-tick]");
    if (!tick) return;
    event.preventDefault();
    tick.checked = !tick.checked;
    count();
  });
  form.addEventListener("change", count);
  count();
})();
