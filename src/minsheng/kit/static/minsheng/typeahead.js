// A long list is typed in, not scrolled: <select data-typeahead> gets a field above it that finds by any part of a name, by the first
// letters of its pinyin (data-py="l d zm", one group a character) and by other words for it (data-words). The select stays what is sent;
// without this script it is an ordinary one. Combobox after the ARIA pattern: arrows, Enter, Escape, Tab takes what is marked.
(function () {
  "use strict";
  const MOST = 12;
  let made = 0;

  function spelt(groups, q) {
    for (let at = 0; at + q.length <= groups.length; at += 1) {
      if ([...q].every((letter, n) => groups[at + n].includes(letter))) return at === 0 ? 0 : 1;
    }
    return -1;
  }

  // The lower the better; -1: not meant.
  function score(option, q) {
    const label = option.textContent.trim().toLowerCase(), name = label.split(" / ").pop();
    if (name.startsWith(q)) return 0;
    if (name.includes(q)) return 1;
    const by = /^[a-z]+$/.test(q) ? spelt((option.dataset.py || "").split(" "), q) : -1;
    if (by >= 0) return 2 + by;
    if ((option.dataset.words || "").split(" ").some((word) => word && (word.includes(q) || q.includes(word)))) return 4;
    return label.includes(q) ? 5 : -1;
  }

  function found(select, typed) {
    const q = typed.trim().toLowerCase().replace(/\s+/g, "");
    const all = [...select.options].filter((o) => o.value && !o.disabled);
    if (!q) return all;
    return all.map((o, n) => [score(o, q), n, o]).filter((one) => one[0] >= 0).sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, MOST).map((one) => one[2]);
  }

  function enhance(select) {
    if (select.msType) return;
    select.msType = true;
    const id = select.id || "f-typed-" + (made += 1), box = document.createElement("div"), input = document.createElement("input");
    const list = document.createElement("ul"), said = document.createElement("span"), label = document.querySelector(`label[for="${CSS.escape(id)}"]`);
    box.className = "ms-type";
    select.before(box);
    input.id = id + "-type"; input.className = "form-control"; input.autocomplete = "off"; input.spellcheck = false;
    input.placeholder = select.dataset.typeahead || "输入名称中的字或拼音首字母";
    list.id = id + "-list"; list.className = "ms-type-list"; list.hidden = true;
    said.className = "visually-hidden"; said.setAttribute("role", "status");
    const marks = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id };
    Object.entries(marks).forEach(([name, value]) => input.setAttribute(name, value));
    list.setAttribute("role", "listbox");
    if (select.getAttribute("aria-label")) input.setAttribute("aria-label", select.getAttribute("aria-label"));
    if (label) { label.htmlFor = input.id; list.setAttribute("aria-label", label.textContent.trim()); }
    if (select.getAttribute("aria-describedby")) input.setAttribute("aria-describedby", select.getAttribute("aria-describedby"));
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    box.append(select, input, list, said);
    let at = -1;

    // The name itself first: a narrow field cuts off its end.
    const shown = () => { const chosen = select.selectedOptions[0]; return chosen && chosen.value ? chosen.textContent.trim().split(" / ").reverse().join(" · ") : ""; };
    const rows = () => [...list.children];

    function mark(n) {
      at = n;
      rows().forEach((row, i) => row.setAttribute("aria-selected", String(i === n)));
      if (n >= 0) { input.setAttribute("aria-activedescendant", rows()[n].id); rows()[n].scrollIntoView({ block: "nearest" }); }
      else input.removeAttribute("aria-activedescendant");
    }

    function close() {
      list.hidden = true;
      input.setAttribute("aria-expanded", "false");
      mark(-1);
    }

    function open(typed) {
      const hits = found(select, typed);
      list.replaceChildren(...hits.map((option, n) => {
        const row = document.createElement("li");
        row.id = `${list.id}-${n}`; row.dataset.value = option.value; row.textContent = option.textContent.trim();
        row.setAttribute("role", "option");
        return row;
      }));
      list.hidden = !hits.length;
      input.setAttribute("aria-expanded", String(hits.length > 0));
      said.textContent = hits.length ? `${hits.length} 项，用上下键选` : "没有对得上的，换个字试试";
      mark(typed.trim() && hits.length ? 0 : -1);
    }

    function choose(value) {
      close();
      select.value = value;
      input.value = shown();
      select.dispatchEvent(new Event("input", { bubbles: true }));
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }

    input.addEventListener("input", (event) => {
      event.stopPropagation();
      if (event.isComposing) return;
      if (!input.value.trim() && select.value) choose("");
      else open(input.value);
    });
    input.addEventListener("compositionend", () => open(input.value));
    input.addEventListener("change", (event) => event.stopPropagation());
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", () => { close(); input.value = shown(); });
    list.addEventListener("pointerdown", (event) => {
      const row = event.target.closest("li");
      event.preventDefault();
      if (row) choose(row.dataset.value);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (way) {
        event.preventDefault();
        if (list.hidden) open(input.value === shown() ? "" : input.value);
        else if (rows().length) mark((at + way + rows().length) % rows().length);
      } else if (!list.hidden && at >= 0 && (event.key === "Enter" || event.key === "Tab")) {
        if (event.key === "Enter") { event.preventDefault(); event.stopPropagation(); }
        choose(rows()[at].dataset.value);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        event.stopPropagation();
        close();
        input.value = shown();
      }
    });
    select.addEventListener("focus", () => input.focus());
    select.addEventListener("change", () => { if (document.activeElement !== input) input.value = shown(); });
    input.value = shown();
  }

  const start = () => document.querySelectorAll("select[data-typeahead]").forEach(enhance);
  document.addEventListener("htmx:afterSettle", start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
