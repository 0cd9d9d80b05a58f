// Keys for pages that ask something: each button that has a data-key is pressed by that key.
// Without this file every button still works; the keys can be turned off (WCAG 2.1.4).
"use strict";
const KEPT = "bridge-keys";
const keyed = () => [...document.querySelectorAll("[data-key]")];
const areOn = () => localStorage.getItem(KEPT) !== "off";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !areOn()) return;
  if (event.target.closest("input, select, textarea")) return;
  const wanted = keyed().find((one) => one.dataset.key === event.key.toLowerCase());
  if (wanted) { event.preventDefault(); wanted.click(); }
});

const turn = document.querySelector("[data-keys-switch]");
const show = () => {
  turn.textContent = areOn() ? "Turn keys off" : "Turn keys on";
  document.querySelectorAll("kbd").forEach((one) => { one.hidden = !areOn(); });
};
if (turn) {
  turn.hidden = false;
  show();
  turn.addEventListener("click", () => {
    localStorage.setItem(KEPT, areOn() ? "off" : "on");
    show();
  });
}
