// Forms that show what they would make: while one types, the form is sent as its preview button would send it, and the
// part that it names is replaced. Without scripts the button does the same.
const PAUSE = 300; // milliseconds without a key

for (const form of document.querySelectorAll("form[data-previews]")) {
  const name = form.dataset.previews;
  let timer = null;
  let round = 0;
  const ask = async () => {
    const mine = ++round;
    const body = new URLSearchParams(new FormData(form));
    body.set("deed", "preview");
    const answer = await fetch(location.href, { method: "POST", body, headers: { Accept: "text/html" } });
    if (mine !== round || !answer.ok) return; // something newer was asked meanwhile
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(name);
    if (mine !== round || !fresh) return;
    document.getElementById(name).replaceWith(fresh);
    const told = document.getElementById(`${name}-told`); // outlives the part, so that it is read out
    if (told) told.textContent = fresh.querySelector(".notice, .message")?.textContent.trim() ?? "";
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
}
