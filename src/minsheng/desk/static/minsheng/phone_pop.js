// Who calls, for the one whom it rings: asked of the server, which tells it to nobody else. Answering opens the page of intake with the call in
// it, unless something is being written here: then a link stands in the bar and the page stays as it is. The window of the telephone stays what it
// is, for it holds the call: answered there, a page that is in sight opens the intake.
(function () {
  "use strict";
  const phone = window.minshengPhone;
  const place = document.getElementById("phonepop");
  if (!phone || !place) return;
  const AGAIN = 700, MOST = 12; // the exchange's ledger may be a moment behind its bell
  const OPENED = "ms-phone:opened";
  const window_ = !!document.getElementById("phone");
  let mine = false, asked = "", timer = 0, sending = false; // a form on its way is broken off by whoever leaves

  document.addEventListener("submit", (event) => { if (event.target.method === "post") setTimeout(() => { sending = sending || !event.defaultPrevented; }); });
  window.addEventListener("pageshow", () => { sending = false; });

  const writing = () => sending || !!document.querySelector("form[method=post][data-dirty], dialog[open]") ||
    /^(INPUT|TEXTAREA|SELECT)$/.test((document.activeElement || {}).tagName) && !!document.activeElement.value;
  const intake = () => document.querySelector("form#intake [name=call]");
  const written = () => { const desk = document.querySelector("[data-telephone]"), form = intake(); return form ? form.value : desk ? desk.dataset.telephone : ""; };

  async function look(key, tries) {
    clearTimeout(timer);
    const answer = await fetch(phone.bar.dataset.pop + "?key=" + encodeURIComponent(key), { headers: { "X-Phone": "1" } }).catch(() => null);
    if (key !== asked) return;
    if (answer && answer.ok && answer.status === 200 && !answer.redirected) {
      place.innerHTML = await answer.text(); // our own fragment, escaped by the template
      const found = place.querySelector("[data-call-intake]");
      if (found && window_) found.target = "_blank";
      place.hidden = !!found && written() === found.dataset.callIntake; // the page of this very call says it all
      move();
    } else if (tries < MOST) timer = setTimeout(() => look(key, tries + 1), AGAIN);
  }

  function shut() {
    asked = "";
    mine = false;
    place.hidden = true;
    place.replaceChildren();
  }

  // Answered here: to the page of intake, if nothing is lost by going.
  function move() {
    const found = place.querySelector("[data-call-intake]"), now = phone.now();
    if (window_ || !found || !now || !now.call || now.call.state !== "talking" || !(mine || open(now.call))) return;
    mine = false;
    if (written() === found.dataset.callIntake) return;
    if (writing()) { place.querySelector("[data-kept-here]").hidden = false; return; }
    location.assign(found.href);
  }

  // Answered in the telephone's own window: one page in sight goes, once a call.
  function open(call) {
    if (!call.window || document.hidden || localStorage.getItem(OPENED) === call.key) return false;
    localStorage.setItem(OPENED, call.key);
    return true;
  }

  // The proof of a transfer goes into the form of this very call.
  function passed(one) {
    const form = window.minshengIntake, here = intake();
    if (!form || !here || !one || here.dataset.callKey !== one.key || here.dataset.passed === one.answered) return;
    here.dataset.passed = one.answered;
    const known = [...form.field("target").options].some((option) => option.value === one.target);
    if (!known) return;
    form.set("target", one.target);
    form.set("target_answered", "1");
    const reason = form.field("transfer_reason");
    if (!reason.value.trim()) form.set("transfer_reason", one.target + " 已接听，" + new Date(one.answered).toLocaleTimeString("zh-CN", { hour12: false }));
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest('[data-do="answer"]')) mine = true;
  }, true);

  phone.bar.addEventListener("phone", (event) => {
    const { now, before } = event.detail, call = now && now.call;
    if (now && now.passed) passed(now.passed);
    if (!call) {
      if (now && (now.presence === "ready" || (before && before.call && before.call.state === "ringing"))) shut();
      return;
    }
    if (call.key && !call.spy && call.key !== asked) { asked = call.key; look(asked, 0); }
    move();
  });

  // The bell of the live channel: for this person alone, also when the telephone stands on the table.
  document.body.addEventListener("live:call", (event) => {
    const what = event.detail.what;
    if (phone.bar.dataset.simulated && !phone.now()) return; // simulated calls ring on, whether anybody has signed in or not
    if (what === "offered" || what === "connected") { const now = phone.now(); asked = (now && now.call && now.call.key) || ""; look(asked, 0); }
    else if (!(phone.now() && phone.now().call)) shut();
  });
})();
