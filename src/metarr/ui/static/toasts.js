// Short messages about what was begun or has ended; screen readers hear them too. Texts are shown as texts.
const STAY = 6000; // milliseconds
const STAY_WITH_LINK = 20000; // somebody has to get there

// `address`: a page of ours that says more. Faults stay until they are put away, the others while somebody is at them.
export function toast(text, kind = "info", address = "") {
  const place = document.getElementById("toasts");
  if (!place) return;
  const note = document.createElement("div");
  note.className = `notice ${kind}`;
  const words = document.createElement("p");
  words.textContent = text;
  note.append(words, closing(note));
  if (address.startsWith("/")) note.append(link(address));
  place.append(note);
  if (kind !== "bad") leave(note, address ? STAY_WITH_LINK : STAY);
}

function link(address) {
  const way = document.createElement("a");
  way.href = address;
  way.textContent = "Look";
  return way;
}

function closing(note) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain small";
  button.setAttribute("aria-label", "Put away");
  button.textContent = "×";
  button.addEventListener("click", () => note.remove());
  return button;
}

function leave(note, stay) {
  let timer = setTimeout(() => note.remove(), stay);
  const wait = () => clearTimeout(timer);
  const goOn = () => {
    wait();
    if (!note.matches(":hover, :focus-within")) timer = setTimeout(() => note.remove(), stay);
  };
  for (const name of ["mouseenter", "focusin"]) note.addEventListener(name, wait);
  for (const name of ["mouseleave", "focusout"]) note.addEventListener(name, () => setTimeout(goOn));
}

// What a page says of the form that led to it. Returns the word for the work that it began, if any.
export function told(page) {
  const note = page.querySelector("[data-said]");
  if (!note) return "";
  toast(note.textContent, note.dataset.said);
  note.remove();
  return note.dataset.work;
}
