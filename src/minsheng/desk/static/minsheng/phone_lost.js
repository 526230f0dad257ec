// The link to the exchange lost in the middle of a call: speech goes on beside it. What would have to be told to the exchange waits, for done
// here alone it would leave the caller on the line with nobody. Back again, the exchange is asked whether the call still goes on.
(function () {
  "use strict";
  const line = window.minshengLine;
  if (!line) return;
  const REFUSED = 10000; // within this the exchange says that it heard of a refusal
  const HERE = ["ask", "mute", "expect", "presence"]; // what needs no exchange, or asks it by another way

  // Why a ringing came to nothing: only what the queue sent goes on to another.
  line.missed = (call, data) => {
    const mine = call.colleague ? "您没有接同事的电话" : /^(cb|hf)-/.test(call.key) ? "您没有接，没有拨出" : "您没有接，来电转给其他人";
    const theirs = call.colleague ? "没有接到：同事已挂断" : /^(cb|hf)-/.test(call.key) ? "没有拨出" : "没有接到：来电人挂断，或已转给其他人";
    return data.originator === "local" ? mine : data.cause === "Canceled" ? theirs : "没有接通";
  };

  // The exchange rings nobody again who did not answer, until they say so. Who pressed "不接" is here, and says so at once.
  line.unanswered = () => {
    if (Date.now() - (line.refused || 0) < REFUSED) { line.acts.presence({ value: "ready" }); return; }
    line.say({ presence: "paused", code: "other", reason: "振铃未接", stood: Date.now(), said: "振铃没有接，来电转给其他人，您已转为小休；回来请按“就绪”" });
  };

  // The exchange heard nothing of this telephone for seconds in a call: the caller is rung back here, or is the next for all. A leg that this
  // window still believes in is dead. Whoever is here a while later stands again where they stood: the exchange had put them out.
  line.drop = () => {
    const dead = line.session;
    line.session = null;
    line.asks = null;
    line.returned = Date.now();
    if (line.left) line.left();
    line.now.call = null;
    if (dead) try { dead.terminate(); } catch (e) { /* it is gone at the other end */ }
  };
  line.silent = () => {
    if (Date.now() - (line.returned || 0) > 20000) line.say({ said: "通话断线，正在为来电人接回；接不回的排在最前，由先空的人接" });
    setTimeout(() => { if (!line.session && line.now.line === "ready") line.acts.presence({ value: line.now.presence, reason: line.now.code }); }, 20000);
  };

  // A connection that is closed from here tells nobody: what it sounded through is taken away when the talk is over.
  line.hush = () => document.querySelectorAll("#phone audio").forEach((box) => { if (box.link.signalingState === "closed") box.remove(); });

  // The log-in has ended: the server puts this telephone out, after a talk. A stream that is refused, or a word that the exchange takes no more, is
  // a reason to ask.
  line.ended = async () => {
    const told = line.session ? null : await fetch(document.getElementById("phone").dataset.why).catch(() => null);
    if (told && told.redirected) line.stop("refused", "登录已结束，话机已签出，不会有来电：请在工作台重新登录，再按“签入”");
  };
  document.body.addEventListener("live:closed", line.ended);

  // What the exchange does not put on hold, or take back, the library ends: the caller would be gone for one press.
  function staysOn(session) {
    const end = session.terminate.bind(session);
    session.terminate = (how) => {
      if (!/old Failed$/.test((how && how.reason_phrase) || "")) return end(how);
      session._localHold = !session._localHold;
      const held = session._localHold;
      if (line.session === session) line.say({ call: { ...line.now.call, held }, said: held ? "没有取回，来电人还在保持中：请再按一次" : "没有保持住，来电人还听得见您：请再按一次" });
    };
  }

  line.may = (what) => line.now.line !== "lost" || !line.session || HERE.includes(what);

  // Taken from this telephone by the shift leader: heard beside the end of the call, before it or after.
  const TAKEN = { take_over: "值班长接过了这个来电", queue: "值班长把来电转到了别的队列" };
  document.body.addEventListener("live:call", (event) => {
    const words = TAKEN[event.detail.what];
    if (words) line.say(line.now.call ? { moved: words } : { said: words });
  });

  // What rang before the cut was sent on, or is now: its bell here is nobody's.
  line.sendOn = (words) => {
    if (!line.session || !line.session.isInProgress()) return;
    line.refused = Date.now();
    line.say({ moved: words });
    line.session.terminate({ status_code: 486 });
  };
  window.addEventListener("pagehide", () => { if (!line.cut) line.sendOn(""); });

  // A headset that was pulled out in a talk: what is plugged in then, or again, is spoken into by all who are on the line; meanwhile it is said, for
  // they hear nothing. Of three at once phone_transfer.js knows.
  const PULLED = "耳麦断开过，已换用现在接着的麦克风", NONE = "耳麦断开了，对方听不到您：请插好耳麦，插上后自动恢复";
  const voice = (session) => session && session.connection && session.connection.getSenders().find((one) => one.track && one.track.kind === "audio");
  async function speak(session) {
    const sender = voice(session);
    if (!sender || session.isEnded() || sender.track.readyState === "live") return;
    const track = await line.microphone(PULLED);
    if (!track) return;
    if (session.isEnded() || sender.track.readyState === "live") { track.stop(); return; }
    ["ended", "failed"].forEach((event) => session.on(event, () => track.stop()));
    await sender.replaceTrack(track);
    line.listen(session);
    if (session === line.session) track.enabled = !line.now.call.muted && !line.now.call.held;
  }
  line.microphone = async (words) => {
    try {
      const track = (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0];
      if (words) line.say({ said: words });
      return track;
    } catch (e) { line.say({ said: NONE }); return null; }
  };
  line.pulled = PULLED;
  line.speak = () => { speak(line.session); speak(line.second()); line.remix(); };
  line.listen = (session) => { staysOn(session); const sender = voice(session); if (sender) sender.track.addEventListener("ended", line.speak); };
  if (navigator.mediaDevices) navigator.mediaDevices.addEventListener("devicechange", () => line.speak());

  line.acts.leave = () => { if (!line.session) window.close(); }; // who logs out; a talk goes on

  line.back = () => {
    line.cut = false;
    line.sendOn("断线时的来电已转给其他人");
    const call = line.session;
    if (!call || !call.isEstablished()) return;
    line.asks = call;
    call.renegotiate({}, () => { line.asks = null; });
  };
})();
