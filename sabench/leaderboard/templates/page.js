"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const rows = all(".methods .row");
  const home = new Map(rows.map((row) => [row, row.parentElement]));

  function key(row, column) {
    const cell = row.cells[column];
    return cell.dataset.v ?? cell.textContent;
  }

  function compare(a, b, column, sign) {
    const [x, y] = [key(a, column), key(b, column)];
    if (x === "" || y === "") return (x === "") - (y === "");
    const [m, n] = [Number(x), Number(y)];
    return sign * (Number.isNaN(m) || Number.isNaN(n) ? x.localeCompare(y, undefined, { numeric: true }) : m - n);
  }

  function arrange(table) {
    const head = table.querySelector("th[aria-sort]");
    const grouped = document.getElementById("grouped").checked;
    const bodies = [...table.tBodies];
    const mine = rows.filter((row) => row.closest("table") === table);
    for (const row of mine) (grouped ? home.get(row) : bodies[0]).append(row);
    for (const row of all(".group", table)) row.hidden = !grouped;
    if (!head && grouped) return;
    const column = head ? head.cellIndex : all("th", table.tHead).findIndex((th) => th.querySelector("[data-key=uar]"));
    const sign = head ? (head.getAttribute("aria-sort") === "ascending" ? 1 : -1) : -1;
    for (const body of bodies) {
      const own = all(".row", body).sort((a, b) => compare(a, b, column, sign));
      body.append(...own);
    }
  }

  function filter() {
    const words = document.getElementById("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const groups = new Set(all("input[name=group]:checked").map((box) => box.value));
    const grouped = document.getElementById("grouped").checked;
    const wanted = (text) => words.every((word) => text.toLowerCase().includes(word));
    let shown = 0;
    for (const section of all(".board")) {
      const own = all(".methods .row", section);
      let visible = 0;
      for (const row of own) {
        row.hidden = !(groups.has(row.dataset.group) && wanted(`${row.dataset.search} ${section.dataset.search}`));
        visible += !row.hidden;
      }
      for (const body of all(".methods tbody", section)) {
        const head = body.querySelector(".group");
        if (head) head.hidden = !grouped || !all(".row", body).some((row) => !row.hidden);
      }
      section.hidden = own.length ? !visible : !wanted(section.dataset.search);  // some have controls alone
      shown += visible;
    }
    document.getElementById("shown").textContent = shown === rows.length ? `${shown} methods` : `${shown} of ${rows.length} methods`;
    document.getElementById("nothing").hidden = rows.length === 0 || all(".board:not([hidden])").length > 0;
  }

  for (const button of all(".methods thead button")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const before = head.getAttribute("aria-sort");
      for (const other of all("th[aria-sort]", head.parentElement)) other.removeAttribute("aria-sort");
      const falling = ["uar", "gain"].includes(button.dataset.key);
      const next = before ? (before === "ascending" ? "descending" : "ascending") : falling ? "descending" : "ascending";
      head.setAttribute("aria-sort", next);
      arrange(head.closest("table"));
    });
  }
  document.getElementById("filter").addEventListener("input", filter);
  for (const box of all("input[name=group]")) box.addEventListener("change", filter);
  document.getElementById("grouped").addEventListener("change", () => {
    all(".methods").forEach(arrange);
    filter();
  });
  window.addEventListener("beforeprint", () => all(".pictures, .howto").forEach((part) => { part.open = true; }));
  filter();
})();
