// Keys: data-key="s" (one key) or "g d" (two) on anything that can be pressed; what takes a step has the same key twice ("a a"), so that
// a slip of the finger rules on nothing: the first press puts the focus on it; j/k and Enter walk a list; / searches; ? lists all.
(function () {
  "use strict";
  let first = "";
  let timer = 0;

  const typing = (node) => node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName)) &&
    !/^(checkbox|radio|button|submit)$/.test(node.type || "");
  const seen = (node) => !!(node.offsetParent || node.getClientRects().length);
  const rows = () => [...document.querySelectorAll("[data-row]")].filter(seen);

  function press(key) {
    const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(seen);
    if (!found) return false;
    if (typing(found)) { found.focus(); found.select && found.select(); }
    else if (found.hasAttribute("data-shut")) shut(found);
    else { found.focus(); found.click(); }
    return true;
  }

  // A call that rings is answered whatever lies over the page: what lies there closes.
  function over(key) {
    const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"][data-over]`)].some(seen);
    if (found) document.querySelectorAll("dialog[open]").forEach((box) => box.close());
    return found;
  }

  function shut(button) {
    const why = document.getElementById(button.getAttribute("aria-describedby"));
    button.focus();
    if (why && window.minshengToast) window.minshengToast({ text: button.textContent.trim() + "：" + why.textContent });
  }

  function walk(by) {
    const all = rows();
    if (!all.length) return false;
    const now = all.findIndex((row) => row.classList.contains("ms-at"));
    const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
    all.forEach((row) => row.classList.toggle("ms-at", row === next));
    const link = next.querySelector("a, button");
    if (link) link.focus(); else next.scrollIntoView({ block: "nearest" });
    next.dispatchEvent(new CustomEvent("row", { bubbles: true }));
    return true;
  }

  function label(node) {
    const named = node.getAttribute("aria-label") || (node.labels && node.labels[0]);
    const copy = (named && named.cloneNode ? named : node).cloneNode(true);
    copy.querySelectorAll("kbd, input, select, textarea, .ms-need").forEach((k) => k.remove());
    return (typeof named === "string" ? named : copy.textContent.replace(/\s+/g, " ").trim()) || node.placeholder || "";
  }

  function overlay() {
    const old = document.querySelector("dialog.ms-keys");
    if (old) { old.close(); return; }
    const box = document.createElement("dialog");
    box.className = "ms-keys";
    box.setAttribute("aria-label", "快捷键");
    const head = document.createElement("h2");
    head.textContent = "快捷键";
    const list = document.createElement("dl");
    const entries = [["?", "显示或收起本表"], ["Esc", "关闭、离开输入框"]];
    if (rows().length) entries.push(["j / k", "下一行 / 上一行"], ["Enter", "打开这一行"]);
    document.querySelectorAll("[data-key]").forEach((node) => { if (seen(node)) entries.push([node.dataset.key, label(node)]); });
    entries.forEach(([key, words]) => {
      const dt = document.createElement("dt"), dd = document.createElement("dd"), kbd = document.createElement("kbd");
      kbd.textContent = key; dt.append(kbd); dd.textContent = words; list.append(dt, dd);
    });
    const close = document.createElement("button");
    close.className = "btn"; close.textContent = "关闭";
    const back = document.activeElement;
    close.addEventListener("click", () => box.close());
    box.addEventListener("close", () => { box.remove(); if (back) back.focus(); });
    box.append(head, list, close);
    document.body.append(box);
    box.showModal();
  }

  function escape() {
    const node = document.activeElement;
    if (document.querySelector("dialog[open]")) return;
    if (typing(node)) { node.blur(); return; }
    const way = document.querySelector("[data-back]");
    if (way) way.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { escape(); return; }
    if (event.ctrlKey && event.key === "Enter") {
      const form = event.target.closest && event.target.closest("form");
      const main = form && form.querySelector(".btn-primary");
      if (main) { event.preventDefault(); main.click(); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]") && event.key !== "?" && !over(event.key)) return;
    const two = first && !event.repeat ? first + " " + event.key : ""; // a key that is held down is one press
    first = "";
    clearTimeout(timer);
    let done = (two && press(two)) || press(event.key);
    if (!done && event.key === "?") { overlay(); done = true; }
    if (!done && event.key === "j") done = walk(1);
    if (!done && event.key === "k") done = walk(-1);
    if (!done && document.querySelector(`[data-key^="${CSS.escape(event.key)} "]`)) {
      first = event.key;
      timer = setTimeout(() => { first = ""; }, 1200);
      const half = [...document.querySelectorAll(`[data-key="${CSS.escape(first + " " + first)}"]`)].find(seen);
      if (half) half.focus();
      done = true;
    }
    if (done) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest && event.target.closest(selector), button = on("[data-shut]"), final = on("[data-sure]");
    if (button) { event.preventDefault(); shut(button); }
    if (final && !window.confirm(final.dataset.sure)) event.preventDefault(); // what cannot be taken back asks first
    if (event.target.closest && event.target.closest("[data-print]")) window.print();
  });

  // A form that was opened to be filled has the focus, after the browser has gone to its #; an error to be read first keeps it (toast.js).
  const form = document.querySelector("[data-first-field]");
  const fill = form && !document.querySelector("[data-focus]") && form.querySelector("input:not([type=hidden]), select, textarea");
  if (fill) window.addEventListener("load", () => setTimeout(() => { if (document.activeElement === document.body) fill.focus(); }, 50));

  // Focus is never lost after an action: what was pressed, or the main part, has it again.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (document.activeElement && document.activeElement !== document.body) return;
    const target = event.detail.target;
    const next = target && (target.querySelector("[autofocus], [data-focus], a, button, input") || target);
    if (next && next.focus) { if (next.tabIndex < 0) next.setAttribute("tabindex", "-1"); next.focus({ preventScroll: true }); }
  });
})();
