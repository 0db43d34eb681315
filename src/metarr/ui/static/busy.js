// A form that was sent shows that it works, and is not sent twice. Without scripts the browser shows that it loads.
const LONGEST = 60000; // milliseconds; whoever answers with a file to keep leaves the page as it is

export function listen() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.ariaBusy === "true") return event.preventDefault();
    form.ariaBusy = "true";
    if (event.submitter instanceof HTMLButtonElement) event.submitter.ariaBusy = "true";
    setTimeout(rest, LONGEST, form, event.submitter);
  });
  addEventListener("pageshow", (event) => event.persisted && rest(...document.querySelectorAll("[aria-busy]")));
}

function rest(...busy) {
  for (const one of busy) if (one) one.ariaBusy = null;
}
