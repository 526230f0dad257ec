// The bar of the telephone on every page of who has one: how it stands, and what can be done now. The telephone itself is a window of its own
// (phone_line.js); a page only shows and asks, so that it may be left at any moment. Nothing here moves the focus.
(function () {
  "use strict";
  const bar = document.getElementById("phonebar");
  if (!bar || !window.BroadcastChannel) return;
  const name = "ms-phone:" + bar.dataset.me;
  const channel = new BroadcastChannel(name);
  const LINE = { opening: "正在打开话机…", registering: "正在连接话务平台…" };
  const PRESENCE = { out: "未签入", ready: "就绪", paused: "小休", wrap_up: "话后处理", lost: "失联", ringing: "振铃", talking: "通话中" };
  const CALL = { ringing: "来电振铃", dialling: "正在呼叫", talking: "通话中" };
  const part = (what) => bar.querySelector(`[data-phone="${what}"]`);
  let now = null;

  function put(node, words) {
    if (!node) return;
    if (node.textContent !== words) node.textContent = words;
    node.hidden = !words;
  }

  function tags() {
    if (!now) return ["none"];
    const found = [now.line, "is-" + now.presence, now.line === "ready" || now.line === "lost" ? "in" : "shut"];
    if (now.call) found.push("call", now.call.state, now.call.held ? "held" : "unheld", now.call.muted ? "muted" : "unmuted");
    if (now.call && now.call.spy) found.push("spy");
    if (now.call && now.call.record) found.push("record-" + now.call.record);
    if (now.call && now.call.state === "talking" && !now.other && !now.call.spy) found.push("alone");
    if (now.other) found.push("other", "other-" + now.other.state, now.other.three ? "three" : "two");
    if (!now.call) found.push("idle");
    return found;
  }

  const wrong = () => !!now && !["ready", "opening", "registering"].includes(now.line);

  const RECORD = { pause: " · 录音暂停", stop: " · 不再录音" };
  function words() {
    if (!now) return ["话机没有打开", 0];
    if (now.call) return [(now.call.spy ? "旁听同事的通话" : CALL[now.call.state]) + (now.call.held ? " · 保持中" : "") + (now.call.muted ? " · 静音" : "") + (RECORD[now.call.record] || ""), now.call.since];
    if (now.line !== "ready") return [now.line === "lost" ? "断线" : LINE[now.line] || "话机没有接好", now.since];
    return [PRESENCE[now.presence] + (now.reason ? " · " + now.reason : ""), now.stood];
  }

  function age(since) {
    const s = Math.max(0, Math.round((Date.now() - since) / 1000));
    return since ? Math.floor(s / 60) + ":" + String(s % 60).padStart(2, "0") : "";
  }

  function tick() {
    const [state, since] = words();
    put(part("state"), state);
    part("age").textContent = age(since);
  }

  function draw() {
    const have = new Set(tags());
    const any = (list) => (list || "").split(" ").some((tag) => have.has(tag));
    bar.querySelectorAll("[data-when]").forEach((node) => { node.hidden = !any(node.dataset.when) || any(node.dataset.not); });
    bar.classList.toggle("ms-rings", have.has("ringing"));
    bar.classList.toggle("ms-talks", have.has("talking") || have.has("dialling"));
    bar.classList.toggle("ms-wrong", wrong());
    const other = now && now.other;
    put(part("other"), !other ? "" : other.label + (other.three ? " 三方通话" : other.state === "talking" ? " 已接听，来电人保持中" : " 呼叫中，来电人保持中"));
    const said = !now ? "" : wrong() && now.why ? now.why : now.said || "";
    put(part("said"), document.querySelector("#f-narrative") ? said : said.replace("。已填的内容都在", "")); // nothing is filled in here
    tick();
  }

  function told(next) {
    const before = now;
    now = next;
    draw();
    bar.dispatchEvent(new CustomEvent("phone", { bubbles: true, detail: { now, before } }));
  }

  channel.addEventListener("message", (event) => {
    if (event.data.kind === "state") told(event.data.now);
    if (event.data.kind === "gone") told(null);
  });

  const ask = (what, more) => channel.postMessage({ kind: "do", what, ...more });

  function open() {
    const box = window.open(bar.dataset.window, name, "popup,width=400,height=640");
    if (!box) put(part("said"), "浏览器拦住了话机的窗口：请在地址栏右边允许弹出窗口，再按“签入”");
  }

  document.addEventListener("click", (event) => {
    bar.querySelectorAll("details[open]").forEach((fold) => { if (!fold.contains(event.target)) fold.open = false; });
    const button = event.target.closest && event.target.closest("[data-do]");
    if (!button) return;
    const list = button.dataset.from && document.querySelector(button.dataset.from);
    const value = list ? list.value : button.dataset.value;
    if (button.dataset.do === "open") { open(); return; }
    if (list && !value) { put(part("said"), "请先选择转给谁"); return; }
    const fold = button.closest("details[data-shuts]");
    if (fold) fold.open = false;
    ask(button.dataset.do, { value, label: list ? list.selectedOptions[0].textContent : value, reason: button.dataset.reason, window: !!document.getElementById("phone") });
  });

  bar.addEventListener("keydown", (event) => {
    const fold = event.key === "Escape" && event.target.closest("details[open]");
    if (!fold) return;
    fold.open = false;
    fold.querySelector("summary").focus();
  });

  document.addEventListener("submit", (event) => { if (new URL(event.target.action).pathname === "/logout") ask("leave"); });

  window.minshengPhone = { bar, ask, now: () => now };
  setInterval(tick, 1000);
  draw();
  ask("ask");
})();
