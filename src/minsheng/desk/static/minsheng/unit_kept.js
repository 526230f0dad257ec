// The page of the phone itself: what waits to be sent, what could not be taken with both versions side by side, which orders are here.
(function () {
  "use strict";
  const me = document.querySelector("meta[name=me]")?.content || "";
  const time = (at) => new Date(at).toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });
  const part = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);
  const put = (node, place, words) => { node.querySelector(`[data-${place}]`).textContent = words; };

  function fill(list, lines) {
    for (const words of lines) {
      const row = document.createElement("li");
      row.textContent = words;
      list.append(row);
    }
  }

  // What was typed goes into the order's form, where it can be put right and sent again.
  function toForm(item) {
    const values = item.fields.filter(([name, value]) => typeof value === "string" && !["step", "key", "noted_at"].includes(name));
    const draft = { at: new Date().toISOString(), url: "", own: values.map(([name]) => name), values };
    localStorage.setItem(`ms-draft:unit:${me}:${item.case}:${item.step}`, JSON.stringify(draft));
    window.location.assign(`/desk/unit/${item.case}?step=${item.step}#step`);
  }

  async function drop(item) {
    if (!window.confirm(`放弃“${item.label}”？填写的内容和照片会从这部手机删去，不能恢复。`)) return;
    await MsQueue.remove(item.n);
    draw();
  }

  async function again(item) {
    delete item.clash;
    await MsQueue.put(item);
    await MsQueue.flush(me);
    draw();
  }

  function one(item) {
    const node = part(item.clash ? "clash" : "waiting");
    put(node, "title", item.title);
    put(node, "what", `${item.label} · ${time(item.noted)} 记下`);
    fill(node.querySelector("[data-typed]"), item.seen.length ? item.seen.map((pair) => pair.join("：")) : [`${item.label}（没有要填的）`]);
    node.querySelector("[data-drop]").addEventListener("click", () => drop(item));
    if (!item.clash) return node;
    const now = item.clash.now || { state: "", lines: [] };
    put(node, "reason", item.clash.reason || "没有收下");
    const errors = Object.values(item.clash.errors || {});
    node.querySelector("[data-errors]").hidden = !errors.length;
    fill(node.querySelector("[data-errors]"), errors);
    put(node, "state", now.state);
    fill(node.querySelector("[data-lines]"), now.lines);
    node.querySelector("[data-form]").addEventListener("click", () => toForm(item));
    node.querySelector("[data-again]").addEventListener("click", () => again(item));
    return node;
  }

  async function draw() {
    const all = await MsQueue.all(), mine = all.filter((item) => item.me === me), place = document.querySelector("[data-queue]");
    place.replaceChildren(...mine.map(one));
    document.querySelector("[data-queue-empty]").hidden = mine.length > 0;
    const others = document.querySelector("[data-others]");
    others.hidden = all.length === mine.length;
    others.textContent = `这部手机上还有别人没有报送的 ${all.length - mine.length} 项，本人登录后才会报送。`;
    document.querySelector("[data-send-all]").hidden = !mine.some((item) => !item.clash);
  }

  async function orders() {
    const list = document.querySelector("[data-orders]"), found = await MsPages.orders();
    list.replaceChildren(...found.map(({ url, at, page }) => {
      const node = part("order"), link = node.querySelector("a");
      link.href = url;
      link.textContent = page.querySelector("main h1")?.textContent.trim() || url;
      put(node, "when", `${page.querySelector(".ms-band")?.textContent.trim() || ""} ${time(at)} 存下`);
      return node;
    }));
    document.querySelector("[data-orders-empty]").hidden = found.length > 0;
  }

  document.querySelector("[data-send-all]").addEventListener("click", async (event) => {
    event.target.disabled = true;
    const how = await MsQueue.flush(me, draw);
    event.target.disabled = false;
    const words = { away: "还没有网络，已存着的都在。", login: "登录已过期，请先登录。", other: "现在登录的是别人。", busy: "服务器忙，已存着的都在。", done: "" };
    document.querySelector("[data-send-said]").textContent = words[how];
    draw();
  });
  document.addEventListener("notedchanged", draw);
  draw();
  orders();
})();
