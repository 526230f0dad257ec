// A page that could not be answered, and that only reads: opened again as soon as the installation answers.
"use strict";
const every = Number(document.currentScript.dataset.every) * 1000;
setInterval(async () => {
  try {
    if ((await fetch("/healthz", { cache: "no-store" })).ok) location.reload();
  } catch { /* still away */ }
}, every);
