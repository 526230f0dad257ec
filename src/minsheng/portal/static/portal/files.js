// Files that are too large are named before they are sent over a slow line. Without this script the server says the same afterwards.
(function () {
  "use strict";
  for (const input of document.querySelectorAll("input[type=file][data-all-bytes]")) {
    const all = Number(input.dataset.allBytes), one = Number(input.dataset.oneBytes), place = document.getElementById(input.id + "-large");
    const wrong = () => {
      const files = Array.from(input.files);
      const large = files.find((file) => file.size > one);
      if (large) return input.dataset.oneWords.replace("{name}", large.name.slice(0, 40));
      return files.reduce((sum, file) => sum + file.size, 0) > all ? input.dataset.allWords : "";
    };
    const show = () => {
      const words = wrong();
      place.textContent = words;
      place.hidden = !words;
      if (words) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
      return words;
    };
    input.addEventListener("change", show);
    input.form.addEventListener("submit", (event) => { if (show()) { event.preventDefault(); input.focus(); } });
  }
})();
