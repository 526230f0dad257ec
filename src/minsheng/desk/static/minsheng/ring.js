// One tap rings: on a phone the number that was asked for is dialled as soon as it is there. A desk only shows it. A photo says that it is chosen.
(function () {
  "use strict";

  document.addEventListener("htmx:afterSettle", (event) => {
    const link = event.detail.target && event.detail.target.querySelector("[data-ring]");
    if (link && window.matchMedia("(pointer: coarse)").matches) link.click();
  });

  document.addEventListener("change", (event) => {
    const input = event.target.closest && event.target.closest("[data-shot]");
    const words = input && input.parentElement.querySelector("[data-shot-name]");
    if (words) words.textContent = input.files.length ? "已拍 " + input.files.length + " 张" : "";
  });
})();
