// How a call ends: Alt+1…5, a first press opens what that end needs, a second one ends. Before an order goes out, what is still missing
// is said once; a second press sends it all the same. Alt+9 takes the best article as ground, Alt+0 goes to "+1" of the same matter.
(function () {
  "use strict";
  const desk = window.minshengIntake;
  if (!desk) return;
  const { form, field, set } = desk;
  const panelOf = (name) => form.querySelector(`[data-panel="${name}"]`);
  const lack = form.querySelector("[data-lack]");
  let warned = false;

  // One main action: that of the open panel, else the order.
  function main(name) {
    form.querySelectorAll(".ms-ends [name=then]").forEach((b) => b.classList.toggle("btn-primary", b.value === (name || "submit")));
  }

  function open(name) {
    form.querySelectorAll("[data-panel]").forEach((panel) => { panel.hidden = panel.dataset.panel !== name; });
    form.querySelectorAll("[aria-controls]").forEach((b) => b.setAttribute("aria-expanded", String(b.value === name)));
    field("panel").value = name;
    main(name);
    lack.hidden = true;
    const panel = panelOf(name);
    const first = panel && panel.querySelector(":is(textarea, select, input:not([type=hidden]))");
    if (first) first.focus();
  }

  function close() {
    const from = form.querySelector(`[aria-controls="p-${field("panel").value}"]`);
    open("");
    if (from) from.focus();
  }

  // An empty answer begins with the whole of the article: the agent reads, mends and ends. What the agent wrote is never overwritten;
  // what another article put there, untouched since, is.
  let filled = "";
  function answer(button) {
    const said = button.closest("li").querySelector("[data-body]"), place = field("answer"), typed = place.value.trim();
    field("article").value = button.dataset.article;
    if (said && (!typed || typed === filled)) { filled = said.textContent.trim().slice(0, place.maxLength); place.value = filled; }
    const whole = !said || said.textContent.trim().length <= place.maxLength;
    form.querySelector("[data-basis]").textContent = "依据：" + button.dataset.title + (whole ? "" : `；全文超过 ${place.maxLength} 字，只放进了前面的部分`);
    open("answer");
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function missing() {
    const found = [...form.querySelectorAll(".ms-missing")].map((box) => [box.querySelector("label, legend").textContent.trim(), box.querySelector("input, select, textarea")]);
    if (!field("narrative").value.trim()) found.unshift(["诉求人的话", field("narrative")]);
    if (!field("category").value) found.push(["事项", field("category")]);
    if (!field("district").value) found.push(["所在区县", field("district")]);
    return found;
  }

  function held(button) {
    const found = missing().filter(([name]) => name === "诉求人的话" || !form.querySelector("[name=calm]:not(:checked)"));  // danger waits for nothing else
    const words = found.map((one) => one[0]).join("、");
    if (button.value !== "submit" || !found.length || warned) return false;
    warned = true;
    tell(words);
    found[0][1].focus();
    return true;
  }

  // What is still missing now, while it is being typed in.
  function tell(words) {
    lack.hidden = !words;
    const said = words ? `还缺：${words}。趁诉求人还在线上问清；问不到的，再按一次照样派出，由派单员处理。` : "";
    if (lack.textContent !== said) lack.textContent = said;
  }

  function duty() {
    const kind = form.querySelector("[name=note_kind]:checked");
    const place = form.querySelector("[data-duty-shown]");
    place.textContent = kind ? kind.dataset.duty : "";
    place.hidden = !place.textContent;
    field("note").disabled = !!kind && kind.value === "secret";
    if (field("note").disabled) field("note").value = "";
  }

  // A state secret is heard: nothing of it stays, here or on the server, and the note is one press away.
  function secret() {
    form.querySelectorAll("textarea, [name=title], [name=place], [name=note], [name^='el-']").forEach((node) => { if (node.tagName !== "SELECT") node.value = ""; });
    document.getElementById("reading").replaceChildren();
    open("note");
    const kind = form.querySelector("[name=note_kind][value=secret]");
    kind.checked = true;
    kind.focus();
    duty();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }

  form.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    if (on("[data-article]")) { answer(on("[data-article]")); return; }
    if (on("[data-secret]")) { secret(); return; }
    const emergency = on("[name=emergency]");
    if (emergency) {
      event.preventDefault();
      set("target", emergency.value);
      open("transfer");
      field("target_answered").focus();
      return;
    }
    const end = on(".ms-ends [name=then]");
    if (!end) return;
    if (end.hasAttribute("aria-controls") && field("panel").value !== end.value) { event.preventDefault(); open(end.value); }
    else if (held(end)) event.preventDefault();
  });
  form.addEventListener("change", (event) => { if (event.target.name === "note_kind") duty(); });
  const again = () => { if (!lack.hidden) tell(missing().map((one) => one[0]).join("、")); };
  ["input", "change"].forEach((kind) => form.addEventListener(kind, () => setTimeout(again)));
  document.addEventListener("htmx:afterSettle", again);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && field("panel").value && event.target.closest && event.target.closest("[data-panel]")) {
      event.stopImmediatePropagation();
      close();
      return;
    }
    const alt = event.altKey && !event.ctrlKey && !event.metaKey && /^(?:Digit|Numpad|Key)([0-9A-Z])$/.exec(event.code);
    if (!alt) return;
    const key = alt[1];
    if (/[A-Z]/.test(key)) {
      const second = form.querySelector(`[data-key="Alt+${key.toLowerCase()}"]`);
      if (second) { event.preventDefault(); second.click(); }
      return;
    }
    const found = key === "9" ? form.querySelector("[data-first-article]") : key === "0" ? form.querySelector("[data-first-same]") :
      form.querySelector(`[data-end="${key}"]`) || form.querySelector(`[data-shut][data-key="Alt+${key}"]`);
    if (!found) return;
    event.preventDefault();
    if (key === "0") found.focus(); else found.click();
  }, true);
  main(field("panel").value);
  if (field("note")) duty();
})();
