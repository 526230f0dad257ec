// What may not be kept: recording is paused while a card number is read out, or ends for the rest of the call, whoever speaks then. The exchange does
// it, asked through the server; the bar says so as long as it lasts.
(function () {
  "use strict";
  const line = window.minshengLine, page = document.getElementById("phone");
  if (!line || !page.dataset.recording) return;
  const SAID = { pause: "录音已暂停：念完请按“继续录音”", resume: "录音已继续", stop: "这通电话不再录音" };
  line.acts.record = async ({ value }) => {
    const session = line.session;
    if (!session || !SAID[value]) return;
    try {
      await line.post(page.dataset.recording, { deed: value });
      if (line.session === session) line.say({ call: { ...line.now.call, record: value === "resume" ? "" : value }, said: SAID[value] });
    } catch (e) { line.say({ said: e.message }); }
  };
})();
