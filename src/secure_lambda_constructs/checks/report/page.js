"use strict";
// The page is complete without this: it only hides rows that are not looked for, and spares the
// keyboard a stop at what need not be scrolled.
const stops = () => {
  for (const part of document.querySelectorAll(".scroll")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
};
addEventListener("resize", stops);
stops();
for (const bar of document.querySelectorAll("[data-filters]")) {
  const rows = [...document.querySelectorAll("#" + bar.dataset.filters + " > tbody > tr")];
  const buttons = [...bar.querySelectorAll("button")];
  const field = bar.querySelector("input");
  const said = bar.querySelector("[role=status]");
  let wanted = "";
  const show = () => {
    const words = field ? field.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = (wanted && row.dataset.state !== wanted) || !words.every((w) => text.includes(w));
      shown += row.hidden ? 0 : 1;
    }
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.value === wanted));
    }
    said.textContent = shown + " of " + rows.length + " shown";
  };
  for (const button of buttons) {
    button.addEventListener("click", () => { wanted = button.value; show(); });
  }
  if (field) field.addEventListener("input", show);
  bar.hidden = false;
  // A link to a row that is hidden shows all rows again.
  const reveal = () => {
    const row = location.hash && document.getElementById(location.hash.slice(1));
    if (row && row.hidden && rows.includes(row)) {
      wanted = "";
      if (field) field.value = "";
      show();
      row.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  show();
}
