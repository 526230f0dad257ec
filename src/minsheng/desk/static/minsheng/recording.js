// The wave of a recording: a click goes there, the line shows where it plays; a part of the words goes to its moment.
(function () {
  "use strict";
  for (const box of document.querySelectorAll("[data-recording]")) {
    const audio = box.querySelector("audio"), wave = box.querySelector("[data-wave]"), line = box.querySelector("[data-at]");
    if (!audio || !wave) continue;
    wave.addEventListener("click", (event) => {
      const room = wave.getBoundingClientRect();
      if (Number.isFinite(audio.duration)) audio.currentTime = audio.duration * (event.clientX - room.left) / room.width;
    });
    audio.addEventListener("timeupdate", () => {
      const at = Number.isFinite(audio.duration) && audio.duration > 0 ? 240 * audio.currentTime / audio.duration : 0;
      for (const end of ["x1", "x2"]) line.setAttribute(end, at.toFixed(1));
    });
    for (const button of box.querySelectorAll("[data-to]")) {
      button.addEventListener("click", () => { audio.currentTime = Number(button.dataset.to); audio.play(); });
    }
  }
})();
