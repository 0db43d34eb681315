// The search dialog: a combobox with a list box of groups, https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
// The server finds and words the answers; without this script the form in the bar leads to a page with the same.
const PATIENCE = 90; // milliseconds after the last letter

let parts = null; // the dialog with its field and its list, made when it is first wanted
let timer = null;
let asked = null; // what was last asked for

export function openSearch() {
  parts ??= build();
  parts.box.showModal();
  parts.field.select();
  ask();
}

function build() {
  const bar = document.getElementById("anything");
  const box = make("dialog", { class: "find", "aria-label": "Search" });
  const field = make("input", {
    id: "find", type: "text", role: "combobox", "aria-label": "Search", "aria-expanded": "false", "aria-controls": "offers",
    "aria-autocomplete": "list", autocomplete: "off", autocapitalize: "none", spellcheck: "false", maxlength: "200",
    placeholder: "Titles, people, settings, actions",
  });
  field.value = bar?.value ?? "";
  const list = make("div", { id: "offers", class: "offers-list", role: "listbox", "aria-label": "Found" });
  const told = make("p", { class: "quiet", role: "status" });
  const hint = make("p", { class: "hint" });
  hint.textContent = "Arrow keys choose, Enter opens, Escape closes.";
  box.append(field, list, hint, told);
  document.body.append(box);
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PATIENCE);
  });
  field.addEventListener("keydown", press);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the field
  list.addEventListener("click", (event) => go(event.target.closest("[role=option]")));
  box.addEventListener("click", (event) => event.target === box && box.close()); // beside it
  return { box, field, list, told };
}

function make(name, attributes) {
  const one = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  return one;
}

async function ask() {
  const { field, list, told } = parts;
  const words = field.value.trim();
  if (words === asked) return;
  asked = words;
  if (words === "") return show([], "");
  const answer = await fetch(`/search/offers?${new URLSearchParams({ q: words })}`, { headers: { Accept: "text/html" } });
  if (words !== asked) return; // an older answer
  if (!answer.ok) return show([], `The server answered ${answer.status}.`);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  show([...page.body.children], "");
  const number = list.querySelectorAll("[role=option]").length;
  told.textContent = number > 1 ? `${number - 1} found` : "Nothing found";
}

function show(groups, words) {
  const { field, list, told } = parts;
  list.replaceChildren(...groups);
  told.textContent = words;
  const all = options();
  all.forEach((option, place) => (option.id = `offer-${place}`));
  field.setAttribute("aria-expanded", String(all.length > 0));
  choose(all[0]);
}

function options() {
  return [...parts.list.querySelectorAll("[role=option]")];
}

function choose(option) {
  for (const one of options()) one.setAttribute("aria-selected", String(one === option));
  if (option) parts.field.setAttribute("aria-activedescendant", option.id);
  else parts.field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function press(event) {
  const all = options();
  const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length }[event.key];
  if (to !== undefined && all.length) {
    event.preventDefault();
    choose(all[to]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    if (parts.field.value.trim() === asked) go(all[at]);
    else ask().then(() => go(options()[0]));
  }
}

// A link is followed; what does something is sent as the button of a form would send it.
function go(option) {
  if (!option) return;
  if (option.dataset.sends === undefined) return follow(option.dataset.address);
  const form = make("form", { method: "post", action: option.dataset.address, hidden: "" });
  for (const [name, value] of Object.entries({ back: location.pathname + location.search, ...JSON.parse(option.dataset.sends) })) {
    form.append(make("input", { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}

function follow(address) {
  parts.box.close(); // a link to a part of this very page loads nothing
  location.assign(address);
}
