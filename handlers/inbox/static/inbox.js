// Liveness and the keyboard; every page works without this file.
"use strict";
(() => {
  const root = document.documentElement;
  const body = document.body;
  root.classList.add("js");
  const announce = (words) => { document.getElementById("announce").textContent = words; };
  const lines = () => [...document.querySelectorAll(".line, .case")];
  const list = () => document.getElementById("lines");

  // What was saved is said once: a reload should not say it again.
  const address = new URL(location.href);
  if (address.searchParams.has("saved")) {
    address.searchParams.delete("saved");
    history.replaceState(null, "", address);
  }

  // Refreshing: the same page is fetched, past the same locks, and its live pieces are exchanged.
  let fetching = null;
  let again = false;

  const busy = (piece) => {
    if (piece.querySelector("details.do[open]")) return true;
    const fields = [...piece.querySelectorAll("textarea, input[type=radio], select")];
    return fields.some((field) => (field.type === "radio" ? field.checked : field.value !== ""));
  };

  // Every form has an id of its own each time; that alone is no change.
  const plain = (piece) => piece.innerHTML.replace(/name="follow_up_id" value="[^"]*"/g, "");
  const same = (one, other) => plain(one) === plain(other);

  // A notification that came while its customer's page was open takes its place among the others.
  const insert = (fresh) => {
    const cases = document.querySelector(".cases");
    if (!cases || !fresh.classList.contains("case")) return;
    const above = fresh.previousElementSibling;
    const place = above && above.dataset.live ? cases.querySelector(`[data-live="${CSS.escape(above.dataset.live)}"]`) : null;
    (place || document.getElementById("cases-title")).after(document.importNode(fresh, true));
    for (const none of cases.querySelectorAll(".empty")) none.remove();
  };

  const exchange = (page) => {
    const before = new Set(lines().map((line) => line.dataset.id));
    const selected = document.querySelector(".line.selected, .line:focus-within");
    const held = selected && selected.dataset.id;
    const focused = held && selected.contains(document.activeElement);
    const opened = new Set([...document.querySelectorAll(".case details.evidence[open]")].map((one) => one.closest(".case").dataset.id));
    for (const fresh of page.querySelectorAll("[data-live]")) {
      const stale = document.querySelector(`[data-live="${CSS.escape(fresh.dataset.live)}"]`);
      if (!stale) { insert(fresh); continue; }
      if (busy(stale)) continue;
      for (const one of fresh.querySelectorAll("details.evidence")) one.open = opened.has(one.closest(".case, [data-live]").dataset.id);
      if (same(stale, fresh)) continue;
      stale.replaceWith(document.importNode(fresh, true));
    }
    if (held) {
      const line = lines().find((one) => one.dataset.id === held);
      if (line) select(line, focused);
    }
    return lines().filter((line) => !before.has(line.dataset.id));
  };

  const refresh = async (tell) => {
    if (fetching) { again = true; return; }
    fetching = fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    try {
      const answer = await fetching;
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) return;
      const arrived = exchange(new DOMParser().parseFromString(await answer.text(), "text/html"));
      for (const line of arrived) line.classList.add("new");
      if (tell && arrived.length) announce(body.dataset.new.replace("{count}", arrived.length));
      else if (tell && !list()) announce(body.dataset.changed);
    } catch { /* the next event tries again */ } finally {
      fetching = null;
      if (again) { again = false; setTimeout(() => refresh(true), 300); }
    }
  };

  const live = document.getElementById("live");
  const say = (state) => {
    live.dataset.state = state;
    live.querySelector(".live-words").textContent = body.dataset[state];
  };
  const customer = location.pathname.startsWith("/customers/") ? decodeURIComponent(location.pathname.slice(11)) : null;
  const source = new EventSource("/events");
  let greeted = false;
  source.addEventListener("hello", () => { say("on"); if (greeted) refresh(true); greeted = true; });
  source.addEventListener("changed", (event) => {
    const changed = JSON.parse(event.data);
    if (customer === null ? changed.lines : changed.pages.includes(customer)) refresh(true);
  });
  source.addEventListener("ended", () => location.reload());
  source.addEventListener("error", () => say("off"));
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  setInterval(() => { if (!document.hidden) refresh(false); }, 60000); // due times grow older

  // Acknowledging in the list keeps the place.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    if (!list() || !form.classList.contains("acknowledge")) return;
    event.preventDefault();
    const line = form.closest(".line");
    const next = lines()[lines().indexOf(line) + 1] || lines()[lines().indexOf(line) - 1];
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok || !page.getElementById("lines")) { location.reload(); return; }
    if (next) select(next, true);
    exchange(page);
    const said = page.querySelector(".saved");
    if (said) announce(said.textContent);
  });

  // Filters apply as they are chosen.
  const filters = document.getElementById("filters");
  if (filters) filters.addEventListener("change", () => filters.requestSubmit());

  // Keyboard.
  const select = (line, focus) => {
    for (const one of lines()) one.classList.toggle("selected", one === line);
    if (!focus) return;
    (line.querySelector(".line-link") || line).focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
  };
  const current = () => document.querySelector(".line:focus-within, .case:focus-within") || document.querySelector(".selected");
  const move = (by) => {
    const all = lines();
    if (!all.length) return;
    const at = all.indexOf(current());
    select(all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)], true);
  };
  const help = document.getElementById("help");
  document.getElementById("help-open").addEventListener("click", () => help.showModal());
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    a: () => { const line = current(); const form = line && line.querySelector("form.acknowledge"); if (form) form.requestSubmit(); },
    "/": () => { const search = document.getElementById("search"); if (search) search.focus(); },
    u: () => { const back = document.getElementById("back"); if (back) back.click(); },
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.target.matches("input, select, textarea")) { if (event.key === "Escape") event.target.blur(); return; }
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
})();
