// The agent's desk while the caller speaks: proposals fill what the agent has not touched, Enter in a line goes to the next field
// instead of ending anything. How a call ends is in intake_ends.js.
(function () {
  "use strict";
  const form = document.getElementById("intake");
  if (!form) return;
  const touched = new Set();
  let filling = false;
  const field = (name) => form.querySelector(`[name="${name}"]`);
  const value = (node) => (node.type === "checkbox" ? (node.checked ? "1" : "") : node.value);
  const PRESET = { kind: "help", language: "zh", requester_kind: "person" };

  ["kind", "category", "title", "urgent", "language", "requester_kind", "district"].forEach((name) => {
    const node = field(name);
    if (!node) return;
    if (value(node) && value(node) !== (PRESET[name] || "")) touched.add(name);
    ["input", "change"].forEach((kind) => node.addEventListener(kind, () => { if (!filling) touched.add(name); }));
  });

  function set(name, wanted) {
    const node = field(name);
    if (!node || value(node) === wanted) return;
    if (node.type === "checkbox") node.checked = !!wanted;
    else node.value = wanted;
    filling = true;
    node.dispatchEvent(new Event("change", { bubbles: true }));
    filling = false;
  }

  // What the words are about: fills what nobody has chosen yet; the reason stands on the chip.
  function propose() {
    const guess = form.querySelector(".ms-guess");
    if (!guess) return;
    ["kind", "category", "title", "district"].forEach((name) => { if (guess.dataset[name] && !touched.has(name)) set(name, guess.dataset[name]); });
    if (!guess.dataset.category && !guess.hidden && !touched.has("category")) set("category", ""); // the words that said so are gone
    if (!guess.hidden && !touched.has("urgent")) set("urgent", guess.dataset.urgent || "");
    if (guess.dataset.language && guess.dataset.language !== "zh" && !touched.has("language")) set("language", guess.dataset.language);
    press();
  }

  function press() {
    form.querySelectorAll(".ms-chip").forEach((chip) => {
      const node = field(chip.dataset.set);
      chip.setAttribute("aria-pressed", String(!!node && value(node) === chip.dataset.value));
    });
  }

  function choose(chip) {
    const node = field(chip.dataset.set);
    const off = node && node.type === "checkbox" && node.checked;
    touched.add(chip.dataset.set);
    set(chip.dataset.set, off ? "" : chip.dataset.value);
    press();
  }

  // The record is in Chinese: what was written in another script goes to its own field, whole.
  function move(language) {
    const words = field("narrative"), original = field("original");
    if (!original) return;
    set("language", language);
    original.value = [original.value.trim(), words.value.trim()].filter(Boolean).join("\n");
    words.value = "";
    document.getElementById("reading").replaceChildren();
    original.dispatchEvent(new Event("input", { bubbles: true }));
    words.focus();
  }

  form.addEventListener("click", (event) => {
    const chip = event.target.closest(".ms-chip");
    if (chip) choose(chip);
    const away = event.target.closest("[data-move]");
    if (away) move(away.dataset.move);
  });

  document.addEventListener("keydown", (event) => {
    const alt = event.altKey && !event.ctrlKey && !event.metaKey && /^(Digit|Numpad)([0-9])$/.exec(event.code);
    const at = alt ? Number(alt[2]) : -1;
    if (at >= 6 && at <= 8) {
      const chip = form.querySelectorAll('.ms-chip[data-set="category"]')[at - 6];
      if (chip) { event.preventDefault(); choose(chip); }
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

  function settled(box, value) {
    if (!box || !value.trim()) return;
    box.classList.remove("ms-missing");
    const flag = box.querySelector(".ms-flag");
    if (flag) flag.remove();
  }

  // A matter that asks where asks what the place says: typed once, it stands in both until one of them is changed by itself.
  function once(node) {
    const box = node.closest("[data-same]"), place = field("place");
    const others = box ? [place] : node === place ? [...form.querySelectorAll("[data-same] input")] : [];
    if (others.length) delete node.dataset.copied;
    others.filter((other) => !other.value.trim() || other.dataset.copied).forEach((other) => {
      other.value = node.value;
      other.dataset.copied = "1";
      settled(other.closest(".ms-missing"), other.value);
    });
  }

  form.addEventListener("focusin", (event) => { if (event.target.dataset.copied && event.target.select) event.target.select(); });
  form.addEventListener("input", (event) => {
    once(event.target);
    settled(event.target.closest(".ms-missing"), event.target.value);
  });
  if (field("language")) field("language").addEventListener("change", (event) => {
    document.getElementById("original").hidden = event.target.value === "zh";
    field("original").lang = event.target.value;
  });
  // A title that was only proposed is made of the words as they were: it says nothing of its own.
  form.addEventListener("htmx:configRequest", (event) => { if (!touched.has("title")) event.detail.parameters.title = ""; });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "reading") propose();
    if (event.detail.target.id === "elements" && field("place").value.trim()) once(field("place"));
    if (event.detail.target.id !== "caller") return;
    const known = event.detail.target.querySelector("[data-language]");
    if (!known) return;
    if (known.dataset.language && !touched.has("language")) set("language", known.dataset.language);
    if (known.dataset.requester && !touched.has("requester_kind")) set("requester_kind", known.dataset.requester);
  });
  window.minshengIntake = { form, field, set };
  press();
  const wrong = form.querySelector(".ms-error");
  if (wrong && !document.querySelector("[data-focus]")) wrong.scrollIntoView({ block: "center" });
})();
