// A field with a list of names (<input list=…>) shows its candidates by any part of a name or the first letters of its pinyin (data-py):
// 1 is marked and taken by Enter, 2–9 are taken by their figure. The browser's own list finds a name by its beginning only, which no
// Chinese name of an office is found by. Several names with 、 between them: the last one is looked for. Without script: the browser's list.
(function () {
  "use strict";
  const MOST = 9;
  let list = null, owner = null, at = -1;

  function spelt(groups, q) {
    return groups.some((_, from) => from + q.length <= groups.length && [...q].every((letter, n) => groups[from + n].includes(letter)));
  }

  const lastOf = (value) => value.split(/[、，,;；]/).pop().trim();
  const many = (input) => input.hasAttribute("data-many");

  function found(input) {
    const q = (many(input) ? lastOf(input.value) : input.value.trim()).toLowerCase();
    const names = document.getElementById(input.dataset.list);
    if (!q || !names) return [];
    const all = [...names.options].map((o) => [o.value, (o.dataset.py || "").split(" ")]);
    if (all.some(([name]) => name.toLowerCase() === q)) return [];
    const by = /^[a-z]+$/.test(q) ? ([, groups]) => spelt(groups, q) : ([name]) => name.toLowerCase().includes(q);
    const hits = all.filter(by).map(([name]) => name);
    return hits.sort((a, b) => Number(b.startsWith(q)) - Number(a.startsWith(q))).slice(0, MOST);
  }

  function close() {
    if (!list) return;
    list.remove();
    owner.setAttribute("aria-expanded", "false");
    owner.removeAttribute("aria-activedescendant");
    list = owner = null;
    at = -1;
  }

  function mark(n) {
    at = n;
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === n)));
    owner.setAttribute("aria-activedescendant", list.children[n].id);
  }

  function take(n) {
    const input = owner, name = list.children[n].dataset.value;
    const before = many(input) ? input.value.slice(0, input.value.length - lastOf(input.value).length) : "";
    close();
    input.value = before + name;
    ["input", "change"].forEach((kind) => input.dispatchEvent(new Event(kind, { bubbles: true })));
    close();
  }

  function open(input) {
    const hits = found(input);
    close();
    if (!hits.length) return;
    owner = input;
    list = document.createElement("ol");
    list.id = "candidates";
    list.className = "ms-type-list";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "候选单位");
    hits.forEach((name, n) => {
      const row = document.createElement("li"), figure = document.createElement("kbd");
      row.id = "candidate-" + n; row.dataset.value = name;
      row.setAttribute("role", "option");
      figure.textContent = n ? String(n + 1) : "回车";
      row.append(figure, " " + name);
      list.append(row);
    });
    Object.assign(list.style, { top: `${input.offsetTop + input.offsetHeight + 2}px`, left: `${input.offsetLeft}px`, width: `${input.offsetWidth}px`, right: "auto" });
    input.after(list);
    input.setAttribute("aria-expanded", "true");
    mark(0);
  }

  function ready(input) {
    input.dataset.list = input.getAttribute("list");
    input.removeAttribute("list");
    input.autocomplete = "off";
    input.parentElement.classList.add("ms-type");
    const marks = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "candidates" };
    Object.entries(marks).forEach(([name, value]) => input.setAttribute(name, value));
  }

  document.addEventListener("focusin", (event) => { if (event.target.matches("input[list]")) ready(event.target); });
  document.addEventListener("focusout", (event) => { if (event.target === owner) close(); });
  document.addEventListener("input", (event) => { if (event.target.dataset.list && !event.isComposing && event.isTrusted) open(event.target); });
  document.addEventListener("compositionend", (event) => { if (event.target.dataset.list) open(event.target); });
  document.addEventListener("pointerdown", (event) => {
    const row = list && event.target.closest("#candidates li");
    if (!row) return;
    event.preventDefault();
    take([...list.children].indexOf(row));
  });
  document.addEventListener("keydown", (event) => {
    if (!list || event.target !== owner || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const way = { ArrowDown: 1, ArrowUp: -1 }[event.key], count = list.children.length;
    const figure = /^[2-9]$/.test(event.key) && Number(event.key) <= count ? Number(event.key) - 1 : -1;
    if (way) mark((at + way + count) % count);
    else if (figure >= 0) take(figure);
    else if (event.key === "Enter" && count > 1) take(at);
    else if (event.key === "Enter") { take(0); return; } // the only one: taken, and the form goes
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
})();
