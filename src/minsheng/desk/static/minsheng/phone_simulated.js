// The telephone's window on the simulator: nothing sounds and nothing is dialled. It follows the bells, and says so; the simulated colleague
// answers after some seconds.
(function () {
  "use strict";
  const line = window.minshengLine;
  if (!line || !document.getElementById("phone").dataset.simulated) return;
  const { say, now } = line;
  const blank = { key: "", out: false, held: false, muted: false };

  document.body.addEventListener("live:call", (event) => {
    const what = event.detail.what;
    if (now.presence === "out") return;
    if (what === "offered") say({ call: { ...blank, state: "ringing", since: Date.now() }, said: "" });
    else if (what === "connected") say({ call: { ...blank, state: "talking", since: Date.now() }, said: "" });
    else if (now.call) say({ call: null, said: what === "ended" ? "模拟的通话已结束" : "模拟的来电转给了别人" });
  });
  line.acts.answer = () => say({ said: "模拟话务：几秒内自动接通" });
  ["hangup", "hold", "mute", "key", "transfer", "consult"].forEach((what) => {
    line.acts[what] = () => say({ said: "模拟话务：没有真的通话，这个键不起作用" });
  });
})();
