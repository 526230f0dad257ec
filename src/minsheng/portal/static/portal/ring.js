// A citizen's telephone for the demo: rings the hotline, presses keys, hangs up.
(function () {
  "use strict";
  const page = document.getElementById("ring");
  if (!page || !window.JsSIP) return;
  const part = (id) => document.getElementById(id);
  let ua = null, session = null;

  function say(words) { part("said").textContent = words || ""; }

  function show(busy, talking) {
    part("free").hidden = busy;
    part("busy").hidden = !busy;
    part("keys").hidden = !talking;
  }

  function over(words) {
    if (ua) ua.stop();
    ua = session = null;
    show(false, false);
    say(words);
  }

  async function line() {
    const token = page.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(page.dataset.line, { method: "POST", headers: { "X-CSRFToken": token } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.reason);
    return told;
  }

  async function call() {
    show(true, false);
    say(page.dataset.calling);
    try {
      const given = await line();
      ua = new JsSIP.UA({ sockets: [new JsSIP.WebSocketInterface(given.url)], uri: given.uri, authorization_user: given.user,
        password: given.password, register: false, session_timers: false });
      ua.on("connected", ring);
      ua.on("disconnected", () => { if (!session) over(page.dataset.failed); });
      ua.start();
    } catch (e) { over(e.message || page.dataset.failed); }
  }

  function ring() {
    if (session) return;
    session = ua.call("sip:12345@minsheng.invalid", { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] },
      eventHandlers: { icecandidate: (data) => data.ready() }, // the first address of its own is enough
      extraHeaders: ["X-Visitor: " + part("number").value.replace(/[^0-9]/g, "")] });
    session.connection.addEventListener("track", (event) => { part("voice").srcObject = event.streams[0]; });
    session.on("accepted", () => { show(true, true); say(page.dataset.talking); });
    session.on("ended", () => over(page.dataset.over));
    session.on("failed", (data) => over(data.cause === JsSIP.C.causes.USER_DENIED_MEDIA_ACCESS ? page.dataset.microphone : page.dataset.failed));
  }

  part("call").addEventListener("click", call);
  part("end").addEventListener("click", () => { if (session) session.terminate(); else over(""); });
  part("keys").addEventListener("click", (event) => {
    const digit = event.target.dataset.key;
    if (digit && session) session.sendDTMF(digit, { transportType: "RFC2833" });
  });
})();
