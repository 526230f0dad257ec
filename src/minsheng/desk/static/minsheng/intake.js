// The agent's desk by keyboard: Alt+1…5 end the call (a first press opens what it needs, a second one ends), proposals fill what the
// agent has not touched, Enter in a line goes to the next field instead of ending anything.
(function () {
  "use strict";
  const form = document.getElementById("intake");
  if (!form) return;
  const touched = new Set();
  let filling = false;
  const field = (name) => form.querySelector(`[name="${name}"]`);

  ["kind", "category", "title", "urgent", "language"].forEach((name) => {
    const node = field(name);
    if (!node) return;
    const preset = name === "kind" ? "help" : name === "language" ? "zh" : "";
    const value = node.type === "checkbox" ? (node.checked ? "1" : "") : node.value;
    if (value && value !== preset) touched.add(name);
    ["input", "change"].forEach((kind) => node.addEventListener(kind, () => { if (!filling) touched.add(name); }));
  });

  function set(name, value) {
    const node = field(name);
    if (!node) return;
    const old = node.type === "checkbox" ? (node.checked ? "1" : "") : node.value;
    if (old === value) return;
    if (node.type === "checkbox") node.checked = !!value;
    else node.value = value;
    filling = true;
    node.dispatchEvent(new Event("change", { bubbles: true }));
    filling = false;
  }

  // What the words are about: fills what nobody has chosen yet; the reason stands on the chip.
  function propose() {
    const guess = form.querySelector(".ms-guess");
    if (!guess) return;
    if (guess.dataset.kind && !touched.has("kind")) set("kind", guess.dataset.kind);
    if (guess.dataset.category && !touched.has("category")) set("category", guess.dataset.category);
    if (guess.dataset.title && !touched.has("title")) set("title", guess.dataset.title);
    press();
  }

  function press() {
    form.querySelectorAll(".ms-chip").forEach((chip) => {
      const node = field(chip.dataset.set);
      const now = node && (node.type === "checkbox" ? (node.checked ? "1" : "") : node.value);
      chip.setAttribute("aria-pressed", String(now === chip.dataset.value));
    });
  }

  function open(name) {
    form.querySelectorAll("[data-panel]").forEach((panel) => { panel.hidden = panel.dataset.panel !== name; });
    form.querySelectorAll("[aria-controls]").forEach((b) => b.setAttribute("aria-expanded", String(b.value === name)));
    field("panel").value = name;
    const first = form.querySelector(`[data-panel="${name}"] :is(textarea, select, input:not([type=hidden]))`);
    if (first) first.focus();
  }

  form.addEventListener("click", (event) => {
    const chip = event.target.closest(".ms-chip");
    if (chip) {
      const node = field(chip.dataset.set);
      const off = node && node.type === "checkbox" && node.checked;
      touched.add(chip.dataset.set);
      set(chip.dataset.set, off ? "" : chip.dataset.value);
      press();
      return;
    }
    const article = event.target.closest("[data-article]");
    if (article) {
      field("article").value = article.dataset.article;
      form.querySelector("[data-basis]").textContent = "依据：" + article.dataset.title;
      open("answer");
      form.dispatchEvent(new Event("input", { bubbles: true }));
      return;
    }
    const emergency = event.target.closest("[name=emergency]");
    if (emergency) {
      event.preventDefault();
      set("target", emergency.value);
      open("transfer");
      field("target_answered").focus();
      return;
    }
    const end = event.target.closest("[aria-controls][name=then]");
    if (end && field("panel").value !== end.value) {
      event.preventDefault();
      open(end.value);
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.altKey && !event.ctrlKey && !event.metaKey && /^Digit[1-5]$/.test(event.code)) {
      const button = form.querySelector(`[data-end="${event.code.slice(5)}"]`) ||
        form.querySelector(`[data-shut][data-key="Alt+${event.code.slice(5)}"]`);
      if (button) { event.preventDefault(); button.click(); }
      return;
    }
    if (event.key === "Enter" && !event.ctrlKey && !event.isComposing && event.target.form === form &&
        /^(INPUT|SELECT)$/.test(event.target.tagName)) {
      event.preventDefault();
      const all = [...form.querySelectorAll("input, select, textarea, button")].filter((n) => n.type !== "hidden" && n.getClientRects().length && n.tabIndex >= 0);
      const next = all[all.indexOf(event.target) + 1];
      if (next) next.focus();
    }
  });

  form.addEventListener("input", (event) => {
    const box = event.target.closest(".ms-missing");
    if (box && event.target.value.trim()) { box.classList.remove("ms-missing"); const flag = box.querySelector(".ms-flag"); if (flag) flag.remove(); }
  });
  field("language").addEventListener("change", (event) => {
    const box = document.getElementById("original");
    box.hidden = event.target.value === "zh";
    field("original").lang = event.target.value;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "reading") propose();
    if (event.detail.target.id === "caller") {
      const known = event.detail.target.querySelector("[data-language]");
      if (known && known.dataset.language && !touched.has("language")) set("language", known.dataset.language);
    }
  });
  press();
  const wrong = form.querySelector(".ms-error");
  if (wrong && !document.querySelector("[data-focus]")) wrong.scrollIntoView({ block: "center" });
})();
