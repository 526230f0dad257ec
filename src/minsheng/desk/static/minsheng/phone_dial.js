// "Ring through the centre": this person's own telephone rings first and answers by itself, then the other side. The number is nowhere here.
// A form that dials says by which key the telephone is rung, so that it answers that call by itself.
document.addEventListener("submit", (event) => {
  const key = event.target.dataset.expects;
  if (key && window.minshengPhone) window.minshengPhone.ask("expect", { value: key });
});
(function () {
  "use strict";
  const button = document.querySelector("[data-dial]");
  const phone = window.minshengPhone;
  if (!button || !phone) return;
  const told = document.querySelector("[data-dial-told]");
  const say = (words) => { told.textContent = words; };

  button.addEventListener("click", async () => {
    const now = phone.now();
    if (!now || now.line !== "ready") { say("请先在话机栏按“签入”，再拨"); return; }
    if (now.call) { say("您正在通话，挂断后再拨"); return; }
    const key = button.dataset.dialKey + "-" + (Math.floor(Date.now() / 1000) % 1000000000);
    phone.ask("expect", { value: key });
    say("正在呼叫…");
    const body = new URLSearchParams({ key, csrfmiddlewaretoken: document.querySelector("meta[name=csrf-token]").content });
    try {
      const answer = await fetch(button.dataset.dial, { method: "POST", body });
      const given = answer.redirected ? { reason: "登录已结束，请重新登录" } : await answer.json();
      say(given.reason || "先振您的话机，再呼叫诉求人");
    } catch (e) { say("没有拨出，请再按一次"); }
  });
})();
