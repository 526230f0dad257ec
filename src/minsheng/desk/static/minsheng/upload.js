// A form with photos says how far they are once it takes longer than a second, and what to do when the line breaks. The form stays.
(function () {
  "use strict";

  function begin(form) {
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.className = "ms-progress";
    bar.setAttribute("aria-label", "上传进度");
    const words = document.createElement("p");
    words.className = "ms-soft";
    words.setAttribute("role", "status");
    const timer = setTimeout(() => { form.append(bar, words); words.scrollIntoView({ block: "nearest" }); }, 1000);
    return {
      at(done, all) { bar.value = (done / all) * 100; words.textContent = `正在上传 ${Math.floor(done / 1024)} / ${Math.ceil(all / 1024)} KB`; },
      kept() { bar.removeAttribute("value"); words.textContent = "已传完，正在保存…"; },
      end(text) { clearTimeout(timer); bar.remove(); words.textContent = text; if (text) form.append(words); else words.remove(); },
    };
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const files = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    if (!files || event.defaultPrevented || !window.FormData) return;
    event.preventDefault();
    const data = new FormData(form, event.submitter || undefined);
    const show = begin(form);
    const request = new XMLHttpRequest();
    const buttons = [...form.querySelectorAll("button")];
    buttons.forEach((b) => { b.disabled = true; });
    const again = (text) => { buttons.forEach((b) => { b.disabled = false; }); show.end(text); };
    request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) show.at(e.loaded, e.total); });
    request.upload.addEventListener("load", () => show.kept());
    request.addEventListener("error", () => again("网络断了，还没有保存。填写的内容和照片都在，请再按一次。"));
    request.addEventListener("load", () => {
      if (request.status >= 500) { again("服务器没有保存成功。填写的内容都在，请稍后再按一次。"); return; }
      if (request.status < 400) { window.location.assign(request.responseURL); return; }
      document.open(); document.write(request.responseText); document.close();
    });
    request.open("POST", form.action);
    request.send(data);
  });
})();
