// Passing a call on: the other side is rung first, and the agent's leg ends only when it has answered (REFER with Replaces). Until then the
// caller waits on hold and comes back by one press. Three at once: each hears the two others, mixed in this window.
(function () {
  "use strict";
  const line = window.minshengLine;
  if (!line) return;
  const { now, say, hold } = line;
  let other = null, mixed = null, joining = false;

  // Why it was not put through, by the exchange's answer.
  const WHY = { Busy: "占线", Unavailable: "没有人接", Rejected: "没有接", "Not Found": "是空号" };
  const why = (data) => (data.message && data.message.status_code === 501 ? "没有拨出：转接的外线还没有开通，请告诉技术员" : WHY[data.cause] || "没有接通");

  const toQueue = (target) => /^q-/.test(target);

  function consult(target, label, alone) {
    if (!line.session || other || now.call.state !== "talking") return;
    if (!now.call.held) line.park(line.session, true, 20);
    const session = line.call(target);
    other = session;
    line.soon(session);
    say({ other: { target, label, state: "dialling", since: Date.now(), three: false, alone }, said: "" });
    session.connection ? line.sound(session.connection) : session.on("peerconnection", (data) => line.sound(data.peerconnection));
    session.on("confirmed", () => {
      say({ other: { ...now.other, state: "talking", since: Date.now(), answered: new Date().toISOString() } });
      line.listen(session);
      if (alone) join();
    });
    session.on("ended", () => gone(session, label + " 已挂断，来电人还在线上"));
    session.on("failed", (data) => gone(session, label + " " + why(data) + "。来电人还在线上，可以再拨，或换一个号码"));
  }

  function gone(session, words) {
    if (other !== session) return;
    other = null;
    joining = false;
    unmix();
    say({ other: null, said: words });
    if (line.session) line.park(line.session, false, 20); // also a hold that was asked for and has not come yet
  }

  // The other side has answered: caller and other side are put together, both legs here end by themselves.
  function join() {
    if (!line.session || !other || now.other.state !== "talking") return;
    const passed = { ...now.other, key: now.call.key };
    const refer = line.session.refer(other.remote_identity.uri, { replaces: other });
    if (!refer) { say({ said: "没有转成：通话状态刚变过，请再按一次" }); return; }
    joining = true;
    const failed = () => { joining = false; say({ said: "话务平台没有转成，来电人还在保持中：请再按一次，或先取回来电人" }); };
    refer.on("requestFailed", failed);
    refer.on("failed", failed);
    refer.on("accepted", () => {
      const [caller, third] = [line.session, other];
      say({ moved: "已转给 " + passed.label + "，对方已接听", passed });
      other = null;
      joining = false;
      if (third && !third.isEnded()) third.terminate();
      if (caller && !caller.isEnded()) caller.terminate();
      say({ other: null });
    });
  }

  // Into a queue nobody can be asked first: the exchange says when the caller stands in it.
  function queue(target) {
    const key = now.call.key, refer = line.session.refer("sip:" + target + "@" + line.session.remote_identity.uri.host);
    if (!refer) return;
    refer.on("requestFailed", () => say({ said: "没有转进队列，来电人还在线上" }));
    refer.on("failed", () => say({ said: "没有转进队列，来电人还在线上" }));
    refer.on("accepted", () => {
      say({ moved: "已转入队列", passed: { target, key, answered: new Date().toISOString() } });
      if (line.session && !line.session.isEnded()) line.session.terminate();
    });
  }

  const senders = (session) => session.connection.getSenders().filter((sender) => sender.track && sender.track.kind === "audio");
  const heard = (session) => new MediaStream(session.connection.getReceivers().map((from) => from.track).filter((track) => track.kind === "audio"));

  // Into what both hear goes one microphone: muted there, the two others still hear each other.
  function take(track) {
    mixed.own = track;
    track.enabled = !mixed.muted;
    mixed.outs.forEach((out) => mixed.context.createMediaStreamSource(new MediaStream([track])).connect(out));
    track.addEventListener("ended", line.remix);
  }

  async function three() {
    if (!line.session || !other || now.other.state !== "talking" || mixed) return;
    const sides = [line.session, other], muted = now.call.muted, context = new AudioContext();
    mixed = { context, before: [], outs: [], muted };
    const own = await line.microphone();
    if (!own || !mixed || mixed.context !== context) { if (own) own.stop(); else unmix(); return; }
    if (muted) line.session.unmute();
    for (const side of sides) {
      const out = context.createMediaStreamDestination(), far = sides.find((one) => one !== side);
      mixed.outs.push(out);
      context.createMediaStreamSource(heard(far)).connect(out);
      for (const sender of senders(side)) {
        mixed.before.push([sender, sender.track]);
        await sender.replaceTrack(out.stream.getAudioTracks()[0]);
      }
    }
    take(own);
    line.park(line.session, false, 20);
    say({ call: { ...now.call, muted }, other: { ...now.other, three: true }, said: "三方通话中：说完后可以“转过去”，或“取回来电人”" });
  }

  function unmix() {
    if (!mixed) return;
    const { before, own, context, muted } = mixed;
    mixed = null;
    const again = before.map(([sender, track]) => sender.replaceTrack(track).catch(() => null));
    if (own) own.stop();
    context.close();
    if (muted && own && line.session) line.session.mute();
    Promise.all(again).then(line.speak); // what was spoken into before may be pulled out meanwhile
  }

  line.second = () => other;
  line.mute = () => {
    if (!mixed) { if (now.call.muted) line.session.unmute(); else line.session.mute(); return; }
    mixed.muted = !mixed.muted;
    if (mixed.own) mixed.own.enabled = !mixed.muted;
    say({ call: { ...now.call, muted: mixed.muted } });
  };
  line.remix = async () => {
    const held = mixed;
    if (!held || !held.own || held.own.readyState === "live") return;
    const track = await line.microphone(line.pulled);
    if (track && mixed === held && held.own.readyState !== "live") take(track);
    else if (track) track.stop();
  };

  // The caller has gone, and who was asked is still there, perhaps 119 with a question: that is the call now, until somebody hangs up.
  line.stays = () => {
    if (!other || joining || now.other.state !== "talking") return false;
    const left = other, label = now.other.label;
    other = null;
    hold(left, { key: "", state: "talking", out: true, spy: false });
    unmix();
    say({ other: null, said: "来电人已挂断，您和 " + label + " 还在通话" });
    return true;
  };

  line.left = () => { if (other) { const left = other; gone(left, now.said); left.terminate(); } };
  Object.assign(line.acts, {
    transfer: (data) => { if (line.session && now.call.state === "talking") { if (toQueue(data.value)) queue(data.value); else consult(data.value, data.label || data.value, true); } },
    consult: (data) => consult(data.value, data.label || data.value, false),
    join,
    three,
    back: () => { if (other) { const left = other; gone(left, "已取回来电人"); left.terminate(); } },
  });
})();
