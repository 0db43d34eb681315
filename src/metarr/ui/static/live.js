// Keeps the page live by one stream: parts that differ are replaced, and what ended or needs a person is told.
// The server renders everything once, in one place; without this script a reload does the same.
import { toast } from "./toasts.js";

export const PART = { Accept: "text/html", "Metarr-Part": "yes" }; // of requests for parts of a page
const SHORTEST = 700; // milliseconds between two refreshes, however much happens
const SHARE = 6; // a page that takes long to make is asked for less often
const WORKS = "metarr.works"; // in this tab's store: what was begun here and goes on
const MOST = 10;

let stream = null;
let timer = null;
let pause = SHORTEST;
let isFetching = false;
let isStale = false;

function say(text) {
  const place = document.getElementById("live");
  if (place && place.textContent !== text) place.textContent = text;
}

async function refresh() {
  timer = null;
  isFetching = true;
  isStale = false;
  const begun = performance.now();
  try {
    const answer = await fetch(location.href, { headers: PART });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(part.id);
      if (other && other.innerHTML !== part.innerHTML) replace(part, other);
    }
    say("live");
  } catch (error) {
    say(`not live: ${error.message}`);
  } finally {
    pause = Math.max(SHORTEST, SHARE * (performance.now() - begun));
    isFetching = false;
    if (isStale) soon();
  }
}

// Who works with the keyboard keeps the place: the button with the same purpose gets the focus back.
function replace(part, other) {
  const active = part.contains(document.activeElement) ? document.activeElement : null;
  const action = active?.closest("form")?.getAttribute("action");
  part.replaceChildren(...other.childNodes);
  if (action) part.querySelector(`form[action="${CSS.escape(action)}"] button`)?.focus();
}

function soon() {
  if (!document.querySelector("[data-live]")) return;
  if (isFetching || document.hidden) isStale = true;
  else if (timer === null) timer = setTimeout(refresh, pause);
}

const works = () => JSON.parse(sessionStorage.getItem(WORKS) ?? "[]");
const keep = (list) => sessionStorage.setItem(WORKS, JSON.stringify(list.slice(-MOST)));

// Work that was begun here: how it ends is told on whatever page of ours this tab shows then.
export function follow(work) {
  keep([...works().filter((one) => one !== work), work]);
  if (stream) open();
}

function hear(event) {
  const { text, kind, address, work } = JSON.parse(event.data);
  if (!work) return toast(text, kind, address);
  if (!works().includes(work)) return;
  keep(works().filter((one) => one !== work));
  toast(text, kind, address === location.pathname ? "" : address);
}

// What waits for a person, beside the places of the navigation.
function count(event) {
  const counts = JSON.parse(event.data);
  const known = document.getElementById("toasts").dataset;
  for (const name of ["needs", "review", "jobs"]) {
    known[name] = counts[name] ?? 0;
    for (const entry of document.querySelectorAll(`.rail a[href="/${name}"]`)) badge(entry, counts[name]);
  }
}

function badge(entry, number) {
  const now = entry.querySelector(".badge");
  if (!number) return now?.remove();
  if (now) now.firstChild.data = number;
  else entry.append(" ", made(number));
}

function made(number) {
  const [badge, quiet] = [document.createElement("span"), document.createElement("span")];
  badge.className = "badge";
  quiet.className = "quiet";
  quiet.textContent = " waiting";
  badge.append(String(number), quiet);
  return badge;
}

// Browsers keep only some connections to one server: a tab that nobody sees has none.
function open() {
  stream?.close();
  const { review, jobs } = document.getElementById("toasts").dataset;
  const query = new URLSearchParams([["review", review], ["jobs", jobs], ...works().map((one) => ["work", one])]);
  stream = new EventSource(`/live?${query}`);
  stream.addEventListener("open", soon);
  stream.addEventListener("changed", soon);
  stream.addEventListener("toast", hear);
  stream.addEventListener("waiting", count);
  stream.addEventListener("error", () => say("not live: waiting for the server"));
}

function close() {
  stream?.close();
  stream = null;
}

export function watch() {
  if (!document.hidden) open();
  addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
}
