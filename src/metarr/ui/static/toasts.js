// Short messages about what was begun or has ended; screen readers hear them too.
const STAY = 6000; // milliseconds
const KEY = "metarr.toast";

export function toast(text, kind = "info") {
  const place = document.getElementById("toasts");
  if (!place) return;
  const note = document.createElement("div");
  note.className = `notice ${kind}`;
  note.textContent = text;
  place.append(note);
  setTimeout(() => note.remove(), kind === "bad" ? 3 * STAY : STAY);
}

// What the page before wanted said: a form that was sent answers with a redirect to the page it came from.
export function toastsOfThisVisit() {
  const said = new URL(location.href).searchParams.get("said");
  if (said) {
    toast(said, "good");
    const clean = new URL(location.href);
    clean.searchParams.delete("said");
    history.replaceState(null, "", clean);
  }
  const kept = sessionStorage.getItem(KEY);
  if (kept) {
    sessionStorage.removeItem(KEY);
    toast(...JSON.parse(kept));
  }
}

// Say it on the page that comes next.
export function toastOnTheNextPage(text, kind = "info") {
  sessionStorage.setItem(KEY, JSON.stringify([text, kind]));
}
