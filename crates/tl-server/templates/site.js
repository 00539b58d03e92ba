// What pages do beyond HTML: filters that answer at once, and a page that follows the ledger.
// Everything works without it.
"use strict";
(() => {
  const form = document.querySelector("form.filters");
  if (form) {
    form.addEventListener("change", () => form.requestSubmit());
    // Filters that choose nothing do not belong into the address.
    form.addEventListener("submit", () => {
      for (const field of form.elements) if (field.name && field.value === "") field.disabled = true;
    });
    window.addEventListener("pageshow", () => {
      for (const field of form.elements) field.disabled = false;
    });
  }

  // A slider says where it stands while it is drawn.
  document.addEventListener("input", (event) => {
    const shown = event.target.closest(".slider")?.querySelector("output");
    if (!shown) return;
    const { unit } = shown.dataset, { value } = event.target;
    shown.textContent = unit ? `${value} ${unit}` : value > 0 ? `+${value}` : value;
  });

  const follows = document.body.dataset.live;
  if (!follows || !window.EventSource) return;
  let due = 0;
  const refresh = async () => {
    due = 0;
    // Who reads, chooses or types is not interrupted.
    const active = document.activeElement;
    const busy = document.hidden || window.getSelection().toString() !== "" ||
      (active && active !== document.body && active.id !== "main");
    if (busy) { due = setTimeout(refresh, 5000); return; }
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const open = new Set([...document.querySelectorAll("main details[open][id]")].map((one) => one.id));
    for (const id of ["main", "facts"]) {
      const from = fresh.getElementById(id), to = document.getElementById(id);
      if (from && to) to.replaceWith(from);
    }
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  };
  // A browser has six connections to a server for all its tabs: a page that nobody sees, or that was left and
  // may be come back to, gives its own back.
  let source = null;
  let known = null;
  const listen = () => {
    if (source || document.hidden) return;
    source = new EventSource("/live");
    source.addEventListener(follows, (event) => {
      // The first one says how it stands, and the page shows that already.
      const isNew = known !== null && event.data !== known;
      known = event.data;
      if (isNew && !due) due = setTimeout(refresh, 1000);
    });
  };
  const hush = () => { source?.close(); source = null; };
  document.addEventListener("visibilitychange", () => document.hidden ? hush() : listen());
  window.addEventListener("pagehide", hush);
  window.addEventListener("pageshow", listen);
})();
