// SPDX-License-Identifier: MIT
// Tables that are sorted by the buttons that this puts into their heads. Without it, the page is as
// readable, in the order in which it was written.
"use strict";
{
  const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  const keyOf = (cell) => {
    if (cell === undefined) return "";
    return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
  };

  // What has nothing stands last, whichever way the rest is sorted.
  const compare = (a, b, direction) => {
    if (a === "" || b === "") return (a === "") - (b === "");
    const order = typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b);
    return order * direction;
  };

  const sort = (table, head) => {
    const index = head.cellIndex;
    const before = head.getAttribute("aria-sort");
    const numbers = head.classList.contains("number");
    const up = before === null ? !numbers : before === "descending";
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => ({ row, key: keyOf(row.cells[index]) }));
    rows.sort((a, b) => compare(a.key, b.key, up ? 1 : -1));
    body.append(...rows.map(({ row }) => row));
  };

  const buttons = [];
  for (const table of document.querySelectorAll("table.sortable")) {
    for (const head of table.tHead.rows[0].cells) {
      const button = document.createElement("button");
      button.type = "button";
      button.addEventListener("click", () => sort(table, head));
      buttons.push({ head, button, words: [...head.childNodes] });
    }
  }
  const show = () => {
    for (const { head, button, words } of buttons) {
      button.append(...words);
      head.append(button);
    }
  };
  // Chromium prints heads with buttons on the first page of a table only.
  const hide = () => {
    for (const { head, words } of buttons) head.replaceChildren(...words);
  };
  show();
  addEventListener("beforeprint", hide);
  addEventListener("afterprint", show);
}
