// The shift leader's desk: when more burns than the page shows, the lists are drawn anew and a sound is made. A browser makes no sound
// before it was touched: the button says whether it is on, and keeps the choice.
(function () {
  "use strict";
  const place = document.getElementById("burning");
  if (!place) return;
  const button = document.querySelector("[data-sound]");
  const EVERY = 60000;
  let sound = null;
  let wanted = false;
  try { wanted = localStorage.getItem("minsheng:shift-sound") === "1"; } catch (e) { wanted = false; }

  function say() {
    button.hidden = !window.AudioContext;
    button.setAttribute("aria-pressed", String(!!sound));
    button.textContent = "提示音：" + (sound ? "开" : wanted ? "点一下页面即开" : "关");
  }

  function turnOn() {
    if (sound || !window.AudioContext) return;
    sound = new window.AudioContext();
    say();
  }

  function turnOff() {
    if (sound) sound.close();
    sound = null;
    say();
  }

  function ring() {
    document.title = "● " + document.title.replace(/^● /, "");
    if (!sound) return;
    [0, 0.35, 0.7].forEach((at) => {
      const tone = sound.createOscillator(), loud = sound.createGain();
      tone.frequency.value = 880;
      loud.gain.value = 0.2;
      tone.connect(loud).connect(sound.destination);
      tone.start(sound.currentTime + at);
      tone.stop(sound.currentTime + at + 0.2);
    });
  }

  const shown = () => (place.querySelector("[data-pulse]") || { dataset: {} }).dataset.pulse || "";
  const grew = (before, now) => now.split("-").some((n, i) => Number(n) > Number(before.split("-")[i] || 0));
  const busy = () => place.contains(document.activeElement) || place.querySelector("form[data-dirty]");

  function look() {
    fetch(place.dataset.pulseUrl, { credentials: "same-origin" }).then((answer) => (answer.ok ? answer.text() : "")).then((now) => {
      const before = shown();
      if (!/^[0-9]+(-[0-9]+)*$/.test(now) || now === before) return;
      if (grew(before, now)) ring();
      if (busy()) { document.getElementById("stale").hidden = false; return; }
      if (window.htmx) window.htmx.ajax("GET", place.dataset.url, { target: place, swap: "innerHTML" });
    }).catch(() => {});
  }

  button.addEventListener("click", () => {
    wanted = !sound;
    try { localStorage.setItem("minsheng:shift-sound", wanted ? "1" : "0"); } catch (e) { /* the choice lasts for this page */ }
    if (wanted) turnOn(); else turnOff();
  });
  document.addEventListener("pointerdown", () => { if (wanted) turnOn(); }, { once: true });
  document.body.addEventListener("casechanged", look);
  setInterval(look, EVERY);
  say();
})();
