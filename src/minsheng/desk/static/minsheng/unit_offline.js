// The unit's desk on a phone: what is pressed is noted first, sent at once when there is a network, and by itself when it is back.
(function () {
  "use strict";
  const AGAIN = 30000;
  const KEPT = {
    before: "前面还有没报送的：已存在这部手机，按先后报送。",
    away: "没有网络：已存在这部手机，联网后自动报送。", busy: "服务器忙：已存在这部手机，稍后自动报送。",
    login: "登录已过期：已存在这部手机，登录后自动报送。", other: "这部手机上现在登录的是别人：已存下，您本人登录后自动报送。" };
  const me = document.querySelector("meta[name=me]")?.content || "";
  const line = () => document.querySelector("[data-noted-line]");
  const hhmm = (at) => new Date(at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });

  async function count() {
    const mine = (await MsQueue.all()).filter((item) => item.me === me), clash = mine.filter((item) => item.clash).length;
    const place = line();
    if (place) {
      place.hidden = !mine.length;
      place.querySelector("[data-noted-count]").textContent =
        `待报送 ${mine.length} 项` + (clash ? `，其中 ${clash} 项要您看一看` : "");
    }
    signed(mine);
    return mine.length;
  }

  // The order is signed on this phone: what comes next is open on it.
  function signed(mine) {
    const here = document.querySelector("article[data-case]")?.dataset.case;
    if (!mine.some((item) => item.case === here && item.step === "sign" && !item.clash)) return;
    document.querySelectorAll("[data-until-sign]").forEach((node) => { node.hidden = true; });
    document.querySelectorAll("[data-after-sign]").forEach((node) => { node.hidden = false; });
  }

  function freshKey(form) {
    const input = form.querySelector("[name=key]");
    if (input) input.value = [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
  }

  function say(form, words, kept) {
    const bar = form.closest(".ms-three") || form;
    let place = bar.querySelector("[data-noted-said]");
    if (!place) {
      place = document.createElement("p");
      place.dataset.notedSaid = "1";
      place.className = "ms-note";
      place.setAttribute("role", "status");
      bar.append(place);
    }
    place.textContent = words;
    if (kept) {
      const link = document.createElement("a");
      link.href = "/desk/unit/kept";
      link.textContent = "看待报送";
      place.append(" ", link);
    }
  }

  // What was filled in, as its reader saw it: [label, words].
  function seen(form) {
    const found = [];
    for (const field of form.querySelectorAll(".ms-field")) {
      const name = field.querySelector("legend, .form-label")?.firstChild.textContent.trim() || "";
      const words = [...field.querySelectorAll("input, select, textarea")].flatMap((node) => {
        if (node.type === "file") return [...node.files].map((file) => file.name);
        if (/^(radio|checkbox)$/.test(node.type)) return node.checked ? [node.closest("label").textContent.trim()] : [];
        if (node.tagName === "SELECT") return node.value ? [node.selectedOptions[0].textContent.trim()] : [];
        return [node.type === "datetime-local" ? node.value.replace("T", " ") : node.value.trim()];
      }).filter(Boolean).join("、");
      if (words) found.push([name, words]);
    }
    return found;
  }

  function read(form, submitter) {
    const data = new FormData(form, submitter || undefined);
    const fields = [...data].filter(([name, value]) => name !== "csrfmiddlewaretoken" && !(value instanceof File && !value.size));
    return { me, fields, seen: seen(form), case: form.dataset.noted, step: form.querySelector("[name=step]").value, label: form.dataset.notedLabel,
             title: document.querySelector("main h1").textContent.trim(), atOnce: "notedAtOnce" in form.dataset, noted: Date.now() };
  }

  // Refused, or logged out with words that are drafted, while the person looks at it: the ordinary way shows the form with its errors, or the log-in.
  function ordinary(form, submitter) {
    form.dataset.notedOff = "1";
    form.querySelectorAll("button").forEach((b) => { b.disabled = false; });
    form.requestSubmit(submitter || undefined);
  }

  // A full or shut store: with a network it goes the ordinary way; without one nothing leaves the page that holds it.
  async function unkept(form, submitter, buttons) {
    if (await MsQueue.session() !== "away") { ordinary(form, submitter); return; }
    buttons.forEach((b) => { b.disabled = false; });
    say(form, "这部手机存不下了，也没有网络，还没有报送。请不要离开这一页：腾出空间或有网络后再按一次。");
  }

  // An earlier step of the same order has not arrived yet: this one comes after it.
  const follows = async (item) => (await MsQueue.all()).some((each) => each.me === me && each.case === item.case && each.n < item.n);

  async function inOrder(item) {
    const how = await MsQueue.flush(me);
    const here = (await MsQueue.all()).find((each) => each.n === item.n);
    if (!here) return { how: "taken", to: `/desk/unit/${item.case}` };
    return { how: here.clash ? "refused" : how === "done" ? "before" : how };
  }

  async function pressed(form, submitter) {
    const buttons = [...form.querySelectorAll("button")];
    buttons.forEach((b) => { b.disabled = true; });
    if (self.MsPhotos) await MsPhotos.ready(form);
    let item;
    try { item = await MsQueue.add(read(form, submitter)); } catch (e) { unkept(form, submitter, buttons); return; }
    const slow = setTimeout(() => say(form, "正在报送…"), 1000);
    const told = (done, all) => { if (done < all) say(form, `正在上传 ${Math.floor(done / 1024)} / ${Math.ceil(all / 1024)} KB`); };
    const answer = await (await follows(item) ? inOrder(item) : MsQueue.send(item, told)).catch(() => ({ how: "away" })); // it is kept: only its time could not be put right
    clearTimeout(slow);
    const drafted = "draft" in form.dataset && !item.fields.some(([, value]) => value instanceof File); // its words are back after the log-in
    if (answer.how === "refused" || (answer.how === "login" && drafted)) { await MsQueue.remove(item.n); ordinary(form, submitter); return; }
    form.dispatchEvent(new CustomEvent("draftdone"));
    if (answer.how === "taken") { window.location.assign(answer.to); return; }
    freshKey(form);
    buttons.forEach((b) => { b.disabled = false; });
    say(form, KEPT[answer.how] || KEPT.other, true);
    count();
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("form[action='/logout']")) { leaving(event, form); return; }
    if (!("noted" in form.dataset) || form.dataset.notedOff || event.defaultPrevented || !window.indexedDB) return;
    event.preventDefault();
    event.stopPropagation();
    pressed(form, event.submitter);
  }, true);

  async function leaving(event, form) {
    event.preventDefault();
    const waits = await MsQueue.all().then((all) => all.filter((item) => item.me === me).length, () => 0);
    if (waits && !window.confirm(`还有 ${waits} 项没有报送。退出后仍存在这部手机，您本人再登录时自动报送。现在退出吗？`)) return;
    await MsPages.forget().catch(() => {});
    form.submit();
  }

  // A page and what it needs to be shown: its styles and scripts.
  async function take(address) {
    const answer = await fetch(address), text = await answer.clone().text();
    if (!(await MsPages.keep(address, answer))) return null;
    const page = new DOMParser().parseFromString(text, "text/html");
    await MsPages.shell([...page.querySelectorAll("link[rel~=stylesheet], link[rel=icon], script[src]")].map((n) => n.getAttribute("href") || n.getAttribute("src")));
    return page;
  }

  async function takeAlong(button) {
    const words = button.parentElement.querySelector("[data-take-said]");
    const links = [...new Set([...document.querySelectorAll("main a[href]")].map((a) => a.pathname).filter((p) => /^\/desk\/unit\/\d+$/.test(p)))];
    const forms = /[?&]step=(field_record|draft_reply|contact|waive_contact|task_reply)\b/;
    let kept = 0, left = 0;
    button.disabled = true;
    for (const link of links) {
      words.textContent = `正在存下 ${kept + left + 1} / ${links.length}`;
      try {
        const page = await take(link);
        if (!page) { left += 1; continue; }
        const steps = [...page.querySelectorAll("a[href*='step=']")].map((a) => a.getAttribute("href").split("#")[0]).filter((h) => forms.test(h));
        for (const step of new Set(steps)) await take(step);
        kept += 1;
      } catch (e) { left += 1; }
    }
    button.disabled = false;
    words.textContent = `已存下 ${kept} 件，12 小时内没有网络也能办。` + (left ? `${left} 件没有存下（保密、限制知悉的不存在手机上）。` : "");
  }

  function banner() {
    const at = Number(document.body.dataset.keptAt || 0), place = document.querySelector("[data-kept-note]");
    if (place && at) { place.hidden = false; place.textContent = `没有网络：这是 ${hhmm(at)} 看到的内容。照常办理，联网后自动报送。`; }
    window.addEventListener("online", () => { if (place && at) place.textContent = `网络已恢复。下面是 ${hhmm(at)} 看到的内容，重新打开后是最新的。`; });
  }

  async function start() {
    banner();
    document.querySelectorAll("[data-take]").forEach((button) => { button.hidden = !("caches" in window); button.addEventListener("click", () => takeAlong(button)); });
    if (!window.indexedDB || !me) return;
    const flush = async () => {
      try {
        if (await count()) { await MsQueue.flush(me, count); await count(); document.dispatchEvent(new Event("notedchanged")); }
      } catch (e) { /* this browser keeps nothing: what is pressed goes the ordinary way */ }
    };
    window.addEventListener("online", flush);
    setInterval(flush, AGAIN);
    flush();
    if (!("serviceWorker" in navigator)) return;
    try {
      await navigator.serviceWorker.register("/desk/unit-worker.js", { scope: "/desk/unit" });
      if (!(await MsPages.held("/desk/unit/kept"))) await take("/desk/unit/kept");
    } catch (e) { /* without a network now, or not over HTTPS: the desk works on line */ }
  }

  start();
})();
