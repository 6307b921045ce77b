// Tables whose rows lead down to samples can be searched and sorted. A row and its samples share a tbody. A word with
// capitals is looked for as it is.
for (const table of document.querySelectorAll("table.deep")) {
  const bodies = [...table.tBodies];
  const text = (body, column) => body.rows[0].cells[column].textContent;

  const label = document.createElement("label");
  label.className = "filter";
  const input = document.createElement("input");
  const count = document.createElement("span");
  input.type = "search";
  count.setAttribute("aria-live", "polite");
  label.append("Only rows with all of these words: ", input, " ", count);
  table.parentElement.before(label);
  input.addEventListener("input", () => {
    const words = input.value.split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const body of bodies) {
      const row = body.rows[0].textContent;
      const has = (word) => (word === word.toLowerCase() ? row.toLowerCase() : row).includes(word);
      body.hidden = !words.every(has);
      if (!body.hidden) shown++;
    }
    count.textContent = words.length ? `${shown} of ${bodies.length}` : "";
  });

  // Numbers come before texts and go by value; "58.1 ± 0.4" is the number before the sign, "256 KiB" one of bytes.
  const units = { KiB: 1024, MiB: 1048576 };
  const value = (cell) => {
    const [, number, unit] = cell.match(/^(-?[\d.]+)(?:\s*(KiB|MiB))?/) ?? [];
    return number === undefined ? NaN : Number(number) * (units[unit] ?? 1);
  };
  const compare = (a, b) => {
    const [x, y] = [value(a), value(b)];
    if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y) || a.localeCompare(b);
    return x - y || a.localeCompare(b);
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const order = (a, b) => compare(text(a, column), text(b, column)) * (down ? -1 : 1);
      table.append(...bodies.toSorted(order));
    });
  });
}

// A link to a row opens what is below it.
const open = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target?.matches("tbody") && target.querySelector("details");
  if (details) details.open = true;
};
window.addEventListener("hashchange", open);
open();
