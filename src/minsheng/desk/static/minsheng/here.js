// Two people on one case are told of each other: says "I am here" now and every twenty seconds while the page is in front.
// A node that comes by htmx is told too; one that has gone is told no more.
(function () {
  "use strict";
  const EVERY = 20000;

  async function say(node) {
    if (document.hidden) return;
    try {
      const token = document.querySelector('meta[name="csrf-token"]').content;
      const answer = await fetch(node.dataset.here, { method: "POST", headers: { "X-CSRFToken": token } });
      if (!answer.ok || answer.redirected) return;
      const told = await answer.json();
      const words = told.people.length ? told.people.join("、") + " 也在看这件工单" : "";
      if (node.textContent !== words) node.textContent = words;
    } catch (e) { /* the next one will come through */ }
  }

  function watch(node) {
    if (node.msHere) return;
    say(node);
    node.msHere = setInterval(() => (node.isConnected ? say(node) : clearInterval(node.msHere)), EVERY);
  }

  const start = () => document.querySelectorAll("[data-here]").forEach(watch);
  document.addEventListener("visibilitychange", () => document.querySelectorAll("[data-here]").forEach(say));
  document.addEventListener("htmx:afterSettle", start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
