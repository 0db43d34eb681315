// Keeps the page live: when something happened, the page is fetched again and the parts that differ are replaced.
// The server renders everything once, in one place; without this script a reload does the same.
const SHORTEST = 700; // milliseconds between two refreshes, however much happens
const SHARE = 6; // a page that takes long to make is asked for less often

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
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
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
  if (isFetching || document.hidden) isStale = true;
  else if (timer === null) timer = setTimeout(refresh, pause);
}

export function watch() {
  const stream = new EventSource("/api/v1/events");
  stream.addEventListener("open", soon);
  stream.addEventListener("message", soon);
  stream.addEventListener("error", () => say("not live: waiting for the server"));
  addEventListener("visibilitychange", () => isStale && soon());
  addEventListener("pagehide", () => stream.close());
}
