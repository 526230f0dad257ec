// The key stands behind the # of the address, which no server is sent: put it in, forget it, send the form.
(function () {
  "use strict";
  const form = document.querySelector("[data-screen-key]");
  if (!form) return;

  function bring() {
    const key = location.hash.slice(1);
    if (!key) return;
    history.replaceState(null, "", "/board/screen");
    form.elements.key.value = key;
    form.submit();
  }

  window.addEventListener("hashchange", bring); // the address was put in where this page stood already
  bring();
})();
