// A visit of a matter that asks for a position: taken by the phone with the photo, once, and put into the form, with or without a network.
// Where the phone gives none, its unit says why; the form is never shut for want of a satellite.
(function () {
  "use strict";
  const WAIT = 20000, WHY = { 1: "refused", 2: "signal", 3: "signal" };
  const SAID = { refused: "手机没有允许取位置。", signal: "收不到定位信号，可到开阔处再取一次。", device: "这台设备不能定位。" };
  const place = (form) => form.querySelector("[data-position]");
  const value = (form) => form.querySelector("[name=position]");
  const reason = (form) => form.querySelector("[data-field=no_position]");

  function say(form, words) { place(form).querySelector("[data-position-said]").textContent = words; }

  // Why there is none is asked only once the phone has been asked.
  function why(form, code) {
    const open = code !== null;
    for (const name of ["no_position", "why_no_position"]) {
      const field = form.querySelector(`[data-field=${name}]`);
      field.hidden = !open;
      field.querySelectorAll("input").forEach((node) => { if (!open && node.type === "radio") node.checked = false; else if (!open) node.value = ""; });
    }
    if (code) form.querySelector(`[name=no_position][value=${code}]`).checked = true;
  }

  function got(form, found) {
    const { latitude, longitude, accuracy } = found.coords;
    value(form).value = [latitude.toFixed(4), longitude.toFixed(4), Math.ceil(accuracy), new Date(found.timestamp).toISOString()].join(",");
    why(form, null);
    say(form, `已取到位置，误差约 ${Math.ceil(accuracy)} 米。`);
  }

  function failed(form, code) {
    value(form).value = "";
    why(form, code);
    say(form, `${SAID[code]}取不到的，请在下面写明原因。`);
  }

  function take(form) {
    if (!navigator.geolocation) { failed(form, "device"); return; }
    say(form, "正在取位置…");
    navigator.geolocation.getCurrentPosition((found) => got(form, found), (wrong) => failed(form, WHY[wrong.code] || "signal"),
      { enableHighAccuracy: true, timeout: WAIT, maximumAge: 0 });
  }

  const chosen = (form) => [...form.querySelectorAll("[name=no_position]")].some((node) => node.checked);

  // Neither a position nor a reason: said here, before anything is noted or sent.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!place(form) || value(form).value || chosen(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    take(form);
    say(form, "这类事项要到场位置：正在取，取到后请再按一次；取不到的，在下面写明原因。");
    why(form, "");
    place(form).scrollIntoView({ block: "center" });
  }, true);

  function start(node) {
    if (node.dataset.positionOn) return;
    node.dataset.positionOn = "1";
    const form = node.closest("form"), button = node.querySelector("[data-position-take]");
    button.hidden = false;
    button.addEventListener("click", () => take(form));
    if (!chosen(form)) why(form, null);
    form.addEventListener("change", (event) => { if (event.target.type === "file" && event.target.files.length && !value(form).value) take(form); });
    form.addEventListener("change", (event) => { if (event.target.name === "no_position") value(form).value = ""; });
  }

  const all = () => document.querySelectorAll("[data-position]").forEach(start);
  document.addEventListener("htmx:load", all);
  all();
})();
