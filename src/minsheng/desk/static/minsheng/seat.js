// A call at a leader's desk, typed by several at once. Each field goes up shortly after each change with the number of the text it was
// typed over (rev); what would overwrite words that its writer has not seen is kept beside the field, and both are told.
(function () {
  "use strict";
  const seat = document.querySelector("[data-seat]");
  const form = document.getElementById("seat-form");
  if (!seat) return;
  const WAIT = 250, STAYS = 30000;
  const ENDED = "这个来电已经由另一位登记或转出，您刚写的没有记入；要留的请先复制，再打开本页";
  const tab = Math.random().toString(36).slice(2, 12);
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const boxes = new Map();
  const begins = seat.querySelector("[data-begins]");
  if (begins) { begins.requestSubmit(); return; }
  let leaving = false; // by itself, or with its form
  let away = 0; // when its person went elsewhere: from then on nothing here pulls them back, unless they are still here long after

  const say = (words) => {
    const place = seat.querySelector("[data-saved]");
    if (place && place.textContent !== words) place.textContent = words;
  };
  const over = () => { if (!leaving && Date.now() - away > STAYS) { leaving = true; location.replace(seat.dataset.home || location.pathname); } };

  function setUp(node) {
    const input = node.querySelector("textarea, select, input:not([type=hidden])");
    const box = { node, input, name: node.dataset.word, rev: Number(node.dataset.rev), seen: input.value, masked: node.hasAttribute("data-masked"),
                  busy: false, timer: 0, clash: null, asked: Number(node.dataset.rev) };
    boxes.set(box.name, box);
    ["input", "change"].forEach((kind) => input.addEventListener(kind, () => {
      clearTimeout(box.timer);
      box.timer = setTimeout(() => send(box), WAIT);
    }));
    node.addEventListener("click", (event) => {
      const button = event.target.closest("[data-take]");
      if (button) take(box, button);
    });
  }

  // Another number: another caller's earlier cases.
  async function earlier() {
    try {
      const answer = await fetch(seat.dataset.earlierUrl);
      const place = seat.querySelector("[data-earlier]");
      if (answer.ok && !answer.redirected && place) place.innerHTML = await answer.text();
    } catch (e) { /* with the next number */ }
  }

  const dirty = (box) => box.input.value !== box.seen;
  const body = (box, more) => new URLSearchParams({ call: seat.dataset.call, name: box.name, text: box.input.value, rev: box.rev, tab, ...more });

  async function send(box, more) {
    clearTimeout(box.timer);
    if (box.busy) { box.again = more || box.again || {}; return; }
    if (!dirty(box) && !more) return;
    if (box.masked && !box.input.value.trim()) return;
    const text = box.input.value;
    box.busy = true;
    try {
      const answer = await fetch(seat.dataset.wordsUrl, { method: "POST", body: body(box, more), headers: { "X-CSRFToken": token }, keepalive: true });
      if (answer.redirected) { say("登录已结束：请在新窗口登录，再回到本页接着写"); return; }
      const told = await answer.json();
      if (told.code === "ended") { say(ENDED); return; }
      if (!answer.ok) { say(told.reason || "没有保存"); return; }
      if (told.stands) { box.seen = text; box.rev = told.field.rev; box.clash = null; }
      else { box.clash = told.field; box.beside = text; }
      show(box, told.field);
      say(told.stands ? "已保存，另一个屏幕也看得到" : "");
    } catch (e) {
      say("网络不通，正在重试；请不要关页面");
      setTimeout(() => send(box), 2000);
    } finally {
      box.busy = false;
      if (box.again) { const next = box.again; box.again = null; send(box, next.settles ? next : undefined); }
    }
  }

  // Against another's words: as they are now, or over, when the other has taken in what was typed here.
  function settled(box, field) {
    box.clash = field;
    if (box.busy || box.masked || box.input.value !== box.beside || field.beside.some((one) => one.mine)) return;
    box.clash = null;
    box.input.value = box.seen = field.text;
    box.rev = field.rev;
  }

  // What the server has: put in where nobody is typing against it, told beside where somebody is.
  function show(box, field) {
    const clean = !dirty(box) && !box.busy;
    if (box.clash) settled(box, field);
    if (field.rev >= box.rev && !box.masked && clean && !box.clash && box.input.value !== field.text) {
      const at = box.input.selectionStart, end = at === box.input.value.length;
      box.input.value = box.seen = field.text;
      if (document.activeElement === box.input && box.input.setSelectionRange) {
        const to = end ? field.text.length : Math.min(at, field.text.length);
        box.input.setSelectionRange(to, to);
      }
    }
    if (box.masked) box.input.placeholder = field.text || "号码";
    if (box.name === "phone" && field.rev !== box.asked) { box.asked = field.rev; earlier(); }
    if (clean && !box.clash) box.rev = field.rev;
    box.node.querySelector("[data-rev-of]").value = box.rev;
    box.node.querySelector("[data-by]").textContent = field.text && !field.mine && field.by_name ? field.by_name + " 写的" : "";
    beside(box, field);
  }

  function beside(box, field) {
    const place = box.node.querySelector("[data-beside]");
    const told = box.clash ? [{ by: "now", name: field.by_name, text: field.text, mine: false }] : field.beside;
    const marks = JSON.stringify(told);
    if (place.dataset.told === marks) return;
    place.dataset.told = marks;
    place.replaceChildren(...told.map((one) => {
      const node = document.createElement("div");
      node.className = "ms-seat-beside";
      node.dataset.side = one.by;
      node.setAttribute("role", "alert");
      const line = document.createElement("p"), who = document.createElement("strong"), said = document.createElement("span");
      who.textContent = (one.mine ? "您" : one.name) + "同时写了：";
      said.textContent = one.text;
      said.dataset.text = "";
      line.append(who, said);
      node.append(line, ...[["both", "都留下"], ["this", "用这一段"], ["none", "不要这一段"]].map(([value, label]) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn me-2";
        button.dataset.take = value;
        button.textContent = label;
        return button;
      }));
      return node;
    }));
  }

  // Both, one after the other; how both begin stands there once.
  function joined(one, other) {
    let same = 0;
    while (same < one.length && one[same] === other[same]) same += 1;
    return [one, other.slice(same)].filter((text) => text.trim()).join("\n");
  }

  function take(box, button) {
    const side = button.closest("[data-side]"), text = side.querySelector("[data-text]").textContent, way = button.dataset.take;
    const mine = box.input.value;
    let settles = side.dataset.side;
    if (box.clash) { box.rev = box.clash.rev; settles = seat.dataset.me; }
    box.input.value = way === "both" ? joined(...(box.clash ? [text, mine] : [mine, text])) : way === "this" ? text : mine;
    box.clash = null;
    send(box, { settles });
    box.input.focus();
  }

  async function look() {
    try {
      const answer = await fetch(seat.dataset.stateUrl);
      if (!answer.ok || answer.redirected) return;
      const told = await answer.json(), queue = seat.querySelector("[data-queue]");
      if (queue && queue.textContent !== told.queue) queue.textContent = told.queue;
      if (told.call !== seat.dataset.call) { if (!form || ![...boxes.values()].some(dirty)) over(); else say(ENDED); return; }
      if (told.telephone !== seat.dataset.telephone && !form.contains(document.activeElement) && ![...boxes.values()].some(dirty)) { over(); return; }
      boxes.forEach((box) => { if (told.fields[box.name]) show(box, told.fields[box.name]); });
    } catch (e) { /* the next notice, or the next look */ }
  }

  if (form) {
    form.querySelectorAll("[data-word]").forEach(setUp);
    form.querySelector("[data-tab]").value = tab;
    document.addEventListener("keydown", (event) => {
      const alt = event.altKey && !event.ctrlKey && /^(?:Digit|Numpad)([1-4])$/.exec(event.code);
      const button = alt && form.querySelector(`[data-key="Alt+${alt[1]}"]`);
      if (button) { event.preventDefault(); button.click(); }
    });
    form.addEventListener("submit", () => { leaving = true; });
    form.addEventListener("formdata", (event) => { // what nobody changed here is the other screen's to say
      boxes.forEach((box) => { if (!dirty(box) && !box.clash) event.formData.delete(box.name); });
    });
    window.addEventListener("pagehide", () => { if (!leaving) boxes.forEach((box) => send(box)); });
  }
  window.addEventListener("beforeunload", () => { away = Date.now(); });
  document.body.addEventListener("live:desk", (event) => { if (event.detail.id === seat.dataset.seat) look(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  setInterval(() => { if (!document.hidden) look(); }, form ? 5000 : 20000);
})();
