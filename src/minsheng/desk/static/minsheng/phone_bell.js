// The bell of the telephone's window.
(function () {
  "use strict";
  const line = window.minshengLine;
  if (!line) return;
  let bell = null;

  // Two short tones every three seconds; nothing is loaded.
  line.tone = (on) => {
    if (bell) { clearInterval(bell.every); bell.close(); bell = null; }
    if (!on) return;
    bell = new AudioContext();
    const strike = () => [0, 0.4].forEach((after) => {
      const from = new OscillatorNode(bell, { frequency: 660 }), loud = new GainNode(bell, { gain: 0.15 });
      from.connect(loud).connect(bell.destination);
      from.start(bell.currentTime + after);
      from.stop(bell.currentTime + after + 0.25);
    });
    strike();
    bell.every = setInterval(strike, 3000);
  };
})();
