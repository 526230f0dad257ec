// Photos as a phone takes them are made fit where they are chosen: turned upright, no longer than 2560 pixels, a few hundred KB, so that a day's
// work fits on the phone and through a weak network. What stays too large is said at its field and is not noted; all else that was filled in stays.
(function () {
  "use strict";
  const SIDE = 2560, FINE = 1.5 * 1048576, MOST = 20 * 1048576;

  async function pixels(file) {
    try { return await createImageBitmap(file); } catch (e) { return null; } // no image that this phone reads
  }

  async function small(file) {
    const image = /^image\//.test(file.type) ? await pixels(file) : null;
    if (!image) return file;
    const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
    if (scale === 1 && file.size <= FINE) { image.close(); return file; }
    const sheet = document.createElement("canvas");
    sheet.width = Math.round(image.width * scale);
    sheet.height = Math.round(image.height * scale);
    const pen = sheet.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.drawImage(image, 0, 0, sheet.width, sheet.height);
    image.close();
    const made = await new Promise((done) => { sheet.toBlob(done, "image/jpeg", 0.85); });
    if (!made || made.size >= file.size) return file;
    return new File([made], `${file.name.replace(/\.[^.]*$/, "")}.jpg`, { type: "image/jpeg", lastModified: file.lastModified });
  }

  function say(input, words) {
    const field = input.closest(".ms-field") || input.parentElement;
    let place = field.querySelector("[data-photo-said]");
    if (!place) {
      place = document.createElement("p");
      place.dataset.photoSaid = "1";
      place.className = "ms-error";
      place.setAttribute("role", "alert");
      field.append(place);
    }
    place.textContent = words;
    place.hidden = !words;
    return place;
  }

  const mb = (file) => (file.size / 1048576).toFixed(1);

  // What was chosen, made fit; what is too large is left out and said.
  async function fit(input) {
    const fitted = new DataTransfer(), over = [];
    for (const file of [...input.files]) {
      const one = await small(file);
      if (one.size > MOST) over.push(`“${one.name}”有 ${mb(one)} MB，超过 20 MB，没有收下；请换小一点的，其他已填的都在。`);
      else fitted.items.add(one);
    }
    input.files = fitted.files;
    say(input, over.join(""));
    return over.length;
  }

  const works = new WeakMap(); // a field that is still being made fit -> its end
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type === "file" && input.files.length && input.closest("form[data-noted]")) works.set(input, fit(input).catch(() => 0));
  }, true);

  // Before a form is read: what was chosen in the last second is ready too.
  async function ready(form) {
    for (const input of form.querySelectorAll("input[type=file]")) await works.get(input);
  }

  self.MsPhotos = { small, ready };
})();
