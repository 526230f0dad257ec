// The telephone: one window of its own, so that no page's load ends a call. It registers at the exchange (JsSIP over a WebSocket), rings and
// talks, and tells all pages of this person how it stands; what they press comes back by the same channel (phone_bar.js). A consultation,
// a transfer and three at once are in phone_transfer.js.
(function () {
  "use strict";
  const page = document.getElementById("phone");
  if (!page) return;
  const name = "ms-phone:" + page.dataset.me;
  const channel = new BroadcastChannel(name);
  const MEDIA = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };
  const GATHERS = 150; // for so long after the last address a call waits for another: a browser may look for one for seconds
  const EXPECTED = 30000; // after "dial" was pressed the exchange rings here first: that call answers itself
  const now = { line: "opening", why: "", since: Date.now(), presence: "out", reason: "", stood: Date.now(), call: null, other: null, said: "" };
  const line = { now, media: MEDIA, session: null, say, sound, soon, park, hold, stop, post, acts: {} };
  let ua = null, expected = { key: "", until: 0 }, talked = false;
  function say(change) {
    Object.assign(now, change);
    channel.postMessage({ kind: "state", now });
  }

  function at(state, why) {
    if (now.line !== state || now.why !== why) say({ line: state, why: why || "", since: now.line === state ? now.since : Date.now() });
  }

  // A sentence of the server's when it refuses; a session that has ended comes back as the log-in page.
  async function post(url, given) {
    const token = document.querySelector("meta[name=csrf-token]").content;
    const answer = await fetch(url, { method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams(given || {}) });
    if (answer.redirected) throw new Error("登录已结束：请在工作台重新登录，再按“签入”");
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.reason || "没有办成，请再试一次");
    return told;
  }

  async function microphone() {
    if (!navigator.mediaDevices) return "这个地址不能用麦克风：请用 https 打开工作台，或在本机打开";
    try {
      (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks().forEach((track) => track.stop());
      return "";
    } catch (e) {
      return e.name === "NotAllowedError" ? "浏览器没有允许使用麦克风：点地址栏左边的图标，允许“麦克风”，再按“重试”" :
        e.name === "NotFoundError" ? "没有找到麦克风：请插好耳麦，再按“重试”" : "麦克风打不开，可能正被别的程序占用：请关掉那个程序，再按“重试”";
    }
  }

  async function begin() {
    at("opening");
    const shut = page.dataset.simulated ? "" : await microphone();
    if (shut) { at("mic", shut); return; }
    try {
      const given = await post(page.dataset.line, { seat: page.dataset.seat });
      if (given.simulated) registered(); else connect(given);
    } catch (e) { at("refused", e.message); }
  }

  function registered() {
    const again = now.line === "lost" || line.cut;
    at("ready");
    if (again) line.back();
    if (now.presence === "out") presence("ready");
    else if (again && !line.session) presence(now.presence, now.code); // lost meanwhile, it is in no queue any more
  }

  function connect(given) {
    if (ua) ua.stop();
    let there = false;
    ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(given.url)], uri: given.uri, authorization_user: given.user, password: given.password, session_timers: false,
      register_expires: 180, connection_recovery_min_interval: 1, connection_recovery_max_interval: 5, user_agent: "Minsheng",
    });
    const mine = ua, on = (event, deed) => ua.on(event, (data) => { if (ua === mine) deed(data); });
    on("connected", () => { there = true; at("registering"); });
    on("registered", registered);
    on("disconnected", async () => {
      line.cut = true;
      at("lost", now.call ? "和话务平台的连接断了，正在重连。连上之前不能保持、转接、挂断；不要关这个窗口" : "和话务平台的连接断了，正在重连；连上之前不会有来电");
      if (there) return;
      const told = await fetch(page.dataset.why).then((answer) => answer.json()).catch(() => ({}));
      if (told.reason && now.line === "lost") at("lost", told.reason);
    });
    on("registrationFailed", (data) => {
      const denied = data.response && [401, 403].includes(data.response.status_code);
      if (denied) ua.stop();
      at(denied ? "refused" : "lost", denied ? "话务平台没有接受这部话机：请按“重试”；还不行，请告诉值班长" : "话务平台没有回应，正在重试");
      if (denied) line.ended();
    });
    on("newRTCSession", (data) => { if (data.originator === "remote") ring(data.session, data.request); });
    ua.start();
  }

  function stop(state, why) {
    if (ua) ua.stop();
    ua = null;
    say({ presence: "out", reason: "" }); // this window's leaving signs nobody out any more
    at(state, why);
  }
  // One call at a time: a second one is busy here and goes to another.
  function ring(session, request) {
    const key = request.getHeader("X-Hotline-Call") || "", back = !!request.getHeader("X-Hotline-Back");
    if (back) line.drop();
    if (line.session) { session.terminate({ status_code: 486 }); return; }
    const spy = key.startsWith("spy-"); // asked for a moment ago by the leader who sits here
    hold(session, { key, state: "ringing", out: false, spy, colleague: /^a\d+$/.test(request.from.uri.user) });
    if (back) { say({ call: { ...now.call, out: true }, said: "断线的来电已自动接回" }); session.answer(MEDIA); return; }
    if (spy || key && key === expected.key && Date.now() < expected.until) { expected.key = ""; say({ call: { ...now.call, out: true } }); session.answer(MEDIA); }
    else line.tone(true);
  }

  function hold(session, call) {
    line.session = session;
    talked = call.state === "talking";
    say({ call: { ...call, since: Date.now(), held: false, muted: false }, said: "" });
    const change = (more) => { if (line.session === session) say({ call: { ...now.call, ...more } }); };
    session.on("peerconnection", (data) => sound(data.peerconnection));
    soon(session);
    session.on("confirmed", () => { line.tone(false); talked = true; line.listen(session); change({ state: "talking", since: Date.now() }); });
    ["hold", "unhold"].forEach((event) => session.on(event, () => change({ held: event === "hold" })));
    ["muted", "unmuted"].forEach((event) => session.on(event, () => change({ muted: event === "muted" })));
    session.on("getusermediafailed", () => at("mic", "接听时麦克风打不开：请检查耳麦，再按“重试”"));
    session.on("ended", () => over(session, line.asks === session ? "通话在断线时已经结束。已填的内容都在" : talked ? "通话已结束。已填的内容都在" : "来电人已挂断"));
    session.on("failed", (data) => over(session, line.missed(call, data)));
  }

  // While the exchange still answers the press before, the next one waits; what was wanted last is what comes about.
  function park(session, held, tries) {
    line.parked = held;
    if (line.session !== session || session.isOnHold().local === held) return;
    if (!(held ? session.hold() : session.unhold()) && tries) setTimeout(() => park(session, line.parked, tries - 1), 200);
  }

  // The addresses that were found first are those of this network: the answer waits for no other.
  function soon(session) {
    let timer = 0;
    session.on("icecandidate", (data) => { clearTimeout(timer); timer = setTimeout(data.ready, GATHERS); });
  }

  function over(session, words) {
    if (line.session !== session) return;
    line.tone(false);
    if (line.stays && line.stays()) return;
    setTimeout(line.hush, 1000);
    const spied = now.call.spy;
    line.session = null;
    say({ call: null, said: now.moved || (spied ? "旁听已结束" : words), moved: "" });
    if (line.left) line.left();
    if (talked && !spied && now.presence !== "out") presence("wrap_up");
  }

  function sound(connection) {
    const box = document.createElement("audio");
    box.autoplay = true;
    box.link = connection;
    page.append(box);
    connection.addEventListener("track", (event) => { box.srcObject = event.streams[0] || new MediaStream([event.track]); });
  }

  async function presence(state, reason) {
    try {
      const told = await post(page.dataset.presence, { state, reason: reason || "" });
      say({ presence: told.state, code: reason || "", reason: told.words, stood: Date.now(), said: told.said || now.said });
      if (state === "out") { if (ua) ua.stop(); window.close(); }
    } catch (e) { say({ said: e.message }); }
  }

  Object.assign(line.acts, {
    ask: () => say({}), retry: begin,
    answer: (data) => { if (line.session && now.call.state === "ringing") { say({ call: { ...now.call, window: data.window } }); line.session.answer(MEDIA); } },
    hangup: () => { if (now.call && now.call.state === "ringing") line.refused = Date.now(); if (line.session) line.session.terminate(now.call.state === "ringing" ? { status_code: 486 } : {}); },
    hold: () => { if (line.session) park(line.session, !now.call.held, 20); },
    mute: () => { if (line.session) line.mute(); },
    key: (data) => { if (line.session && /^[0-9*#]$/.test(data.value)) line.session.sendDTMF(data.value, { transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833 }); },
    presence: (data) => presence(data.value, data.reason),
    expect: (data) => { expected = { key: data.value, until: Date.now() + EXPECTED }; },
  });
  line.call = (target) => ua.call("sip:" + target + "@" + ua.configuration.uri.host, MEDIA);
  channel.addEventListener("message", ({ data }) => { if (data.kind === "do" && line.acts[data.what] && line.may(data.what)) line.acts[data.what](data); });
  document.body.addEventListener("live:phone", (event) => {
    const what = event.detail.what;
    if (what === "unanswered") line.unanswered();
    else if (what === "lost") line.silent();
    else if (what && what !== page.dataset.seat) stop("elsewhere", "您的话机刚在另一台电脑上签入，这里已停用。要在这里接听，请按“重试”");
  });
  window.addEventListener("beforeunload", (event) => { if (line.session) event.preventDefault(); });
  window.addEventListener("pagehide", () => {
    if (page.dataset.second) return; // the first window's telephone goes on
    const body = new URLSearchParams({ state: "out", seat: page.dataset.seat, csrfmiddlewaretoken: document.querySelector("meta[name=csrf-token]").content });
    if (now.presence !== "out") navigator.sendBeacon(page.dataset.presence, body);
    channel.postMessage({ kind: "gone" });
  });
  window.minshengLine = line;

  // One telephone a browser: the second window says where the first one is, and does nothing.
  navigator.locks.request(name, { ifAvailable: true }, (lock) => {
    if (lock) return new Promise(() => begin());
    page.dataset.second = "1";
    document.getElementById("phone-second").hidden = false;
    return null;
  });
})();
