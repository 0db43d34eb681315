// Keyboard shortcuts. `g` and a letter goes somewhere, `/` searches (Ctrl+K, too, while one types), `?` lists them;
// pages add their own by data-key.
import { openSearch } from "./search.js";

const PLACES = { d: "/", n: "/needs", m: "/movies", s: "/series", c: "/collections", p: "/people", r: "/review", j: "/jobs" };
const NAMES = { d: "Dashboard", n: "Needs you", m: "Movies", s: "Series", c: "Collections", p: "People", r: "Review", j: "Jobs" };
const PATIENCE = 1200; // milliseconds between the two keys

export function listen() {
  let wentAt = 0;
  const field = document.getElementById("anything");
  field?.addEventListener("mousedown", search); // who comes to it by Tab can fill it in as it is
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k" && field) return search(event);
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const isSecond = event.timeStamp - wentAt < PATIENCE;
    wentAt = 0;
    if (isSecond && PLACES[event.key]) return go(event, PLACES[event.key]);
    if (event.key === "g") wentAt = event.timeStamp;
    else if (event.key === "/" && field) search(event);
    else if (event.key === "?") help(event);
    else press(event, document.querySelector(`[data-key="${CSS.escape(event.key)}"]`));
  });
}

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, dialog, [contenteditable]");
}

function go(event, address) {
  event.preventDefault();
  location.assign(address);
}

function search(event) {
  event.preventDefault();
  openSearch();
}

function press(event, button) {
  if (!button) return;
  event.preventDefault();
  button.focus();
  button.click();
}

function help(event) {
  event.preventDefault();
  const box = document.createElement("dialog");
  box.setAttribute("aria-labelledby", "keys-title");
  const title = document.createElement("h2");
  title.id = "keys-title";
  title.textContent = "Keyboard shortcuts";
  const list = document.createElement("dl");
  list.className = "facts";
  const own = [...document.querySelectorAll("[data-key]")].map((one) => [one.dataset.key, one.dataset.keyName ?? one.textContent.trim()]);
  const all = [["/", "Search"], ["?", "This list"], ...Object.entries(NAMES).map(([key, name]) => [`g ${key}`, name]), ...own];
  for (const [key, name] of all) {
    const term = document.createElement("dt");
    for (const part of key.split(" ")) {
      const cap = document.createElement("kbd");
      cap.textContent = part;
      term.append(cap, " ");
    }
    const meaning = document.createElement("dd");
    meaning.textContent = name;
    list.append(term, meaning);
  }
  const form = document.createElement("form");
  form.method = "dialog";
  const close = document.createElement("button");
  close.textContent = "Close";
  form.append(close);
  box.append(title, list, form);
  document.body.append(box);
  box.addEventListener("close", () => box.remove());
  box.showModal();
}
