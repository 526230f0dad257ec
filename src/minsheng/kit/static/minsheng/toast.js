// One line at the bottom that says what is now true, with undo where it can be undone.
// A response may send the header HX-Trigger: {"toast": {"text": "…", "undo": "/url"}}; a redirect leaves the cookie that base.html reads.
(function () {
  "use strict";
  let timer = 0;

  function token() {
    const meta = document.querySelector("meta[name=csrf-token]");
    return meta ? meta.content : "";
  }

  // The server's own sentence, where the page that came back has one.
  async function why(answer) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const said = page.querySelector("[role=alert] strong, .ms-box strong");
    return (said && said.textContent.trim()) || "请刷新后再试";
  }

  async function undo(url) {
    const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": token() }, redirect: "follow" });
    if (!answer.ok) show({ text: "没能撤销：" + (await why(answer)) });
    else if (answer.redirected && new URL(answer.url).search) location.assign(answer.url);
    else location.reload();
  }

  // Never over the bar at the foot that is pressed next: as high above it as the bar is at this moment.
  function place(box) {
    const bars = [...document.querySelectorAll(".ms-three, .ms-endbar, .ms-bulk, .ms-steps-bar")].map((bar) => bar.getBoundingClientRect());
    const foot = bars.filter((at) => at.height && at.bottom > innerHeight - 90 && at.top > innerHeight / 3 && at.top < innerHeight);
    box.style.bottom = foot.length ? Math.round(innerHeight - Math.min(...foot.map((at) => at.top)) + 12) + "px" : "";
  }

  function show(message) {
    const box = document.getElementById("toast");
    if (!box || !message || !message.text) return;
    box.querySelector("[data-text]").textContent = message.text;
    box.querySelectorAll("button").forEach((b) => b.remove());
    if (message.undo) {
      const button = document.createElement("button");
      button.type = "button";
      button.innerHTML = "撤销<kbd>z</kbd>";
      button.dataset.key = "z";
      button.addEventListener("click", () => undo(message.undo));
      box.append(button);
    }
    box.hidden = false;
    place(box);
    clearTimeout(timer);
    timer = setTimeout(() => { box.hidden = true; }, message.undo ? 60000 : Math.max(6000, message.text.length * 160));
  }

  // What an error names is marked and tied to its sentence: who hears the field hears what is wrong with it.
  function tie() {
    document.querySelectorAll('.ms-note-error a[href^="#f-"]').forEach((said, n) => {
      const field = document.getElementById(said.hash.slice(1));
      if (!field || !field.matches("input, select, textarea") || field.getAttribute("aria-invalid") === "true") return;
      said.id = said.id || "said-" + n;
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), said.id].filter(Boolean).join(" "));
    });
  }

  function start() {
    const box = document.getElementById("toast");
    document.cookie = "ms_toast=; Max-Age=0; Path=/; SameSite=Lax";
    if (box && !box.hidden) show({ text: box.querySelector("[data-text]").textContent, undo: box.dataset.undo });
    document.body.addEventListener("toast", (event) => show(event.detail));
    const fault = document.querySelector("[data-focus]");
    if (fault) fault.focus();
    tie();
    if (matchMedia("(max-width: 47.99rem)").matches) document.querySelectorAll("[data-menu], [data-fold]").forEach((box) => { box.open = false; });
  }

  document.addEventListener("htmx:afterSettle", tie);
  document.addEventListener("htmx:sendError", () => show({ text: "网络断了，这一步还没有提交；恢复后再按一次即可。" }));
  document.addEventListener("htmx:responseError", () => show({ text: "这一步没有完成，已填的内容都在，请再试一次。" }));
  window.minshengToast = show;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
